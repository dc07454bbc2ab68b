import { createHash } from 'node:crypto';
import type { Child, FC } from 'hono/jsx';
import type { CatalogPlan } from '../../operations/plan-catalog.ts';
import type { Outside } from '../../outside.ts';
import { nameOf } from '../request-words.ts';
import { catalogTexts } from '../texts/catalog.ts';
import { Note } from './note.tsx';
import { Time } from './time.tsx';
import { useWhen } from '../when.ts';

const texts = catalogTexts.effect;

export type Plan = Outside<CatalogPlan>;
/** What saving is called here. */
export type Doing = { kind: 'save' } | { kind: 'remove' } | { kind: 'return'; revision: number };

interface Props {
  doing: Doing;
  /** Null: nobody has looked yet. */
  plan: Plan | null;
  /** What is wrong elsewhere than at the form's fields. */
  elsewhere: readonly string[];
  /** How things are called: by key, an entitlement by `resource:entitlement`. */
  names: ReadonlyMap<string, string>;
  /** What was seen is no more what would happen. */
  isOther?: boolean;
  children?: Child;
}

/** So many lines of effect are shown; of more it says how many. */
const shownAtMost = 12;

/** What somebody has seen before they save: what the change would do to whom, and nothing of who they are. */
export function effectMark({ changes, effects, role_changes: roleChanges }: Plan): string {
  const seen = [
    changes.map(({ sentence }) => sentence),
    effects.map(({ sentence }) => sentence),
    roleChanges.map(({ organization, people, waiting }) => [organization.id, people, waiting > 0]),
  ];
  return createHash('sha256').update(JSON.stringify(seen)).digest('base64url').slice(0, 22);
}

const waitingIn = ({ role_changes: roleChanges }: Plan) =>
  roleChanges.reduce((sum, { waiting }) => sum + waiting, 0);

/** What saving does, to whom, and the button that says what will really happen. */
export const Effect: FC<Props> = ({ doing, plan, elsewhere, names, isOther = false, children }) => {
  const headings = { save: texts.heading, remove: texts.headingRemove, return: texts.headingReturn };
  return (
    <aside class="panel stack" aria-labelledby="effect-heading" aria-live="polite" id="effect">
      <h2 id="effect-heading">{headings[doing.kind]}</h2>
      {isOther && (
        <Note tone="soon" glyph="waiting" fact={texts.lost} isNews>
          {texts.otherNow}
        </Note>
      )}
      {plan ? <Seen plan={plan} names={names} elsewhere={elsewhere} /> : <p class="meta">{texts.unseen}</p>}
      {children}
      <Buttons doing={doing} plan={plan} />
      {plan && isSavable(plan) && <Computed plan={plan} />}
    </aside>
  );
};

/** Whether there is something to save, and nothing wrong with it. */
export function isSavable({ problems, changes }: Plan): boolean {
  return problems.length === 0 && changes.length > 0;
}

const Seen: FC<{ plan: Plan; elsewhere: readonly string[]; names: Props['names'] }> = ({
  plan,
  elsewhere,
  names,
}) => {
  if (plan.problems.length > 0) return <Wrong count={plan.problems.length} elsewhere={elsewhere} />;
  if (plan.changes.length === 0) return <p class="meta">{texts.nothing}</p>;
  return (
    <>
      <ul class="effect">
        {plan.effects.slice(0, shownAtMost).map((effect) => (
          <Moved effect={effect} names={names} />
        ))}
        {plan.effects.length > shownAtMost && (
          <li>
            <b aria-hidden="true">…</b> {texts.more(plan.effects.length - shownAtMost)}
          </li>
        )}
        <li>
          <b aria-hidden="true">=</b>{' '}
          <strong>{plan.effects.length === 0 ? texts.nobody : texts.keep(plan.people.kept)}</strong>
        </li>
      </ul>
      <FenceNote plan={plan} />
    </>
  );
};

const Wrong: FC<{ count: number; elsewhere: readonly string[] }> = ({ count, elsewhere }) => (
  <Note tone="late" glyph="denied" fact={texts.wrong(count)}>
    {elsewhere.length === 0 ? texts.wrongAtFields : elsewhere.join(' ')}
  </Note>
);

const Moved: FC<{ effect: Plan['effects'][number]; names: Props['names'] }> = ({ effect, names }) => {
  const { kind, resource, entitlement, people, examples } = effect;
  const who = examples.map((one) => texts.whoAt(nameOf(one), one.organization.name));
  const what = names.get(`${resource}:${entitlement}`) ?? entitlement;
  return (
    <li class={kind}>
      <b aria-hidden="true">{kind === 'gain' ? '+' : '−'}</b>{' '}
      <span>
        <strong>{texts.moves(kind, people, what, names.get(resource) ?? resource)}</strong>
        {who.length > 0 && <small class="meta">{texts.who(who, people)}</small>}
      </span>
    </li>
  );
};

const FenceNote: FC<{ plan: Plan }> = ({ plan }) => {
  const held = plan.role_changes.filter(({ waiting }) => waiting > 0);
  if (held.length === 0) return <></>;
  const all = held.reduce((sum, { people }) => sum + people, 0);
  return (
    <Note tone="soon" glyph="fence" fact={texts.fence}>
      {texts.fenceMore(
        all,
        waitingIn(plan),
        held.map(({ organization }) => organization.name),
      )}
    </Note>
  );
};

const Buttons: FC<{ doing: Doing; plan: Plan | null }> = ({ doing, plan }) => {
  const canSave = plan !== null && isSavable(plan);
  const hasFields = doing.kind === 'save';
  return (
    <div class="acts">
      {canSave && (
        <>
          <input type="hidden" name="seen" value={effectMark(plan)} />
          <button type="submit" name="do" value="save" class="main-action">
            {saveWords(doing, plan)}
          </button>
        </>
      )}
      {(hasFields || !canSave) && (
        <button
          type="submit"
          name="do"
          value="look"
          class={canSave ? undefined : 'main-action'}
          formnovalidate
        >
          {plan ? texts.lookAgain : texts.look}
        </button>
      )}
    </div>
  );
};

/** The word is what will really happen. */
function saveWords(doing: Doing, plan: Plan): string {
  const { touched } = plan.people;
  if (waitingIn(plan) > 0) return texts.confirm;
  if (doing.kind === 'return')
    return touched > 0 ? texts.returnAnd(doing.revision, touched) : texts.return(doing.revision);
  if (doing.kind === 'remove') return touched > 0 ? texts.removeAnd(touched) : texts.remove;
  return touched > 0 ? texts.saveAnd(touched) : texts.save;
}

const Computed: FC<{ plan: Plan }> = ({ plan: { people } }) => {
  const { now } = useWhen();
  return (
    <p class="caption">
      {texts.computed} {texts.computedFrom(people.touched + people.kept)} <Time at={now} as="time" />.{' '}
      {texts.again}
    </p>
  );
};
