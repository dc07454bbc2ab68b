import type { FC } from 'hono/jsx';
import { type Classification, classifications } from '../../../domain/catalog.ts';
import type { Emergency } from '../../../domain/consent.ts';
import { periodWords } from '../words.ts';

interface Props {
  /** What is in force, by classification. */
  rules: readonly { classification: Classification; within: string; emergency: Emergency }[];
  /** As the reader's side says it. */
  words: {
    columns: { data: string; approval: string; emergency: string };
    notNeeded: string;
    needed(within: string): string;
    inEmergency: Record<Emergency, string>;
  };
  dataWords: (classification: Classification) => string;
  /** The id of the heading that names the table. */
  labelledBy: string;
}

/** Of each kind of data, whether the customer approves access to it, and what goes for an emergency. */
export const ConsentRules: FC<Props> = ({ rules, words, dataWords, labelledBy }) => {
  const { data, approval, emergency } = words.columns;
  return (
    <table class="stacks" aria-labelledby={labelledBy}>
      <thead>
        <tr>
          <th>{data}</th>
          <th>{approval}</th>
          <th>{emergency}</th>
        </tr>
      </thead>
      <tbody>
        {classifications.map((classification) => {
          const rule = rules.find((one) => one.classification === classification);
          return (
            <tr>
              <td data-label={data}>
                <b>{dataWords(classification)}</b>
              </td>
              <td data-label={approval}>{rule ? words.needed(periodWords(rule.within)) : words.notNeeded}</td>
              <td data-label={emergency}>{words.inEmergency[rule?.emergency ?? 'report']}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
};
