/** What stands on the shared axis of several accesses. */
export const axisTexts = {
  newest: (count: number) => `These are the ${count} that began last.`,
  now: 'now',
  until: 'until',
  ended: 'ended',
  late: 'late',
  openUntil: (at: string) => `until ${at}`,
  lateSince: (at: string, span: string) => `until ${at}, ${span} late`,
  span: (from: string, to: string) => `${from} to ${to}`,
} as const;
