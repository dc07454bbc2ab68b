/** What the process that answers is asked by the one that measures. */
export type Ask = 'spent' | 'end';

/** The ports at which it answers. */
export interface Ports {
  /** The product, and the product under a policy that looks at each call. */
  product: number;
  condition: number;
  /** A bare route, and one that asks Cedar beside it. */
  bare: number;
  bareCedar: number;
}

/** What it tells: its ports, once; how much time of its processor it has had so far, in milliseconds. */
export type Told = Ports | { spentMs: number };
