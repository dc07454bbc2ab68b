import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { Connector } from './connector.ts';
import { ConnectorError } from './errors.ts';

/** Gives every call to a target a span of its own, with the resource's key and a closed code; no account, no value. */
export function traced(connector: Connector): Connector {
  const tracer = trace.getTracer('tenure');
  const spanned = <T>(what: string, resource: string, work: () => Promise<T>): Promise<T> =>
    tracer.startActiveSpan(
      `${connector.kind} ${what}`,
      { attributes: { 'tenure.resource': resource } },
      async (span) => {
        try {
          return await work();
        } catch (error) {
          const code = error instanceof ConnectorError ? error.code : 'internal-error';
          span.setStatus({ code: SpanStatusCode.ERROR, message: code });
          throw error;
        } finally {
          span.end();
        }
      },
    );
  const { finder } = connector;
  return {
    ...connector,
    ...(finder && {
      finder: {
        by: finder.by,
        find: (target, sought, signal) =>
          spanned('find', target.resource, () => finder.find(target, sought, signal)),
      },
    }),
    observe: (target, accounts, signal) =>
      spanned('observe', target.resource, () => connector.observe(target, accounts, signal)),
    apply: (target, change, attempt) =>
      spanned(change.kind, target.resource, () => connector.apply(target, change, attempt)),
    replacePassword: (target, account, attempt) =>
      spanned('replace-password', target.resource, () => connector.replacePassword(target, account, attempt)),
  };
}
