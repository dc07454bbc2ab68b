/** The console's tokens and the little that a page with one column needs of them. Colour means time; shape comes first. */
export const styles = `
:root{--paper:#F3F5F1;--surface:#FFF;--ink:#141A17;--ink-2:#47514C;--ink-3:#5E6863;--edge:#7C8680;--rule:#D5DAD3;
--soon-soft:#FAEACB;--wait:#43527A;--focus:#2457D6;color-scheme:light}
@media (prefers-color-scheme:dark){:root{--paper:#0F1412;--surface:#171D1A;--ink:#EBEFEC;--ink-2:#B4BEB8;--ink-3:#929C96;
--edge:#717C76;--rule:#2B332F;--soon-soft:#38290B;--wait:#A0B2E2;
--focus:#8FB0FF;color-scheme:dark}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.45 Archivo,system-ui,sans-serif;
font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
header{height:52px;padding:0 16px;border-bottom:1px solid var(--rule);display:flex;align-items:center}
.mark{font-size:19px;font-weight:700;line-height:1;letter-spacing:-.012em;display:inline-grid;gap:4px}
.mark svg{fill:currentColor}
main{max-width:592px;margin:0 auto;padding:32px 16px 64px}
h1{font-size:28px;line-height:1.18;font-weight:600;letter-spacing:-.012em;margin:0 0 8px;text-wrap:balance;overflow-wrap:anywhere}
p{margin:0 0 16px;overflow-wrap:anywhere}
.meta{color:var(--ink-2)}
.lead p{margin:0}
.lead{padding-bottom:24px;margin-bottom:24px;border-bottom:2px solid var(--ink)}
.line{margin:0 0 24px}
.line svg{display:block;width:100%;height:14px;overflow:visible}
.gone{stroke:var(--wait);stroke-opacity:.4}
.left{stroke:var(--wait)}
.gone,.left{stroke-width:2;stroke-dasharray:2 5}
.end{fill:var(--wait)}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:4px 16px;margin-top:8px;font-size:13px;line-height:1.4;color:var(--ink-3)}
figcaption b{color:var(--ink);font-weight:600}
.panel{background:var(--surface);border:1px solid var(--rule);border-radius:6px;padding:16px;margin:0 0 24px}
.tick{display:grid;grid-template-columns:24px 1fr;gap:12px;align-items:start;padding:0;min-height:44px;align-content:center;cursor:pointer;overflow-wrap:anywhere}
.tick input{width:24px;height:24px;margin:0;accent-color:var(--ink)}
button{font:600 16px/1 Archivo,system-ui,sans-serif;color:var(--paper);background:var(--ink);border:1px solid var(--ink);border-radius:3px;
height:48px;width:100%;padding:0 24px;margin-top:12px;cursor:pointer;transition:background-color .12s,border-color .12s}
button:hover{background:var(--ink-2);border-color:var(--ink-2)}
button.outlined{color:var(--ink);background:none;border-color:var(--edge)}
button.outlined:hover{background:none;border-color:var(--ink)}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
label{display:block;font-weight:600;margin:0 0 4px}
input[type=email]{font:16px/1.45 Archivo,system-ui,sans-serif;width:100%;height:44px;padding:0 12px;color:var(--ink);background:var(--surface);
border:1px solid var(--edge);border-radius:3px}
a{color:inherit;font-weight:600}
dl{display:grid;grid-template-columns:112px 1fr;gap:8px 16px}
dt{color:var(--ink-2)}
dd{margin:0;overflow-wrap:anywhere}
.note{background:var(--soon-soft);border-radius:6px;padding:12px 16px;margin:0 0 24px}
.note b{font-weight:600}
.small{font-size:14.5px;color:var(--ink-2)}
.small:last-child{margin:0}
@media (min-width:640px){header{padding:0 32px}main{padding-top:64px}.panel{padding:24px}button{width:auto;min-width:160px}}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
@media (forced-colors:active){.gone,.left{stroke:CanvasText}.end,.mark svg{fill:CanvasText}.panel,.note{border:1px solid CanvasText}}
`;
