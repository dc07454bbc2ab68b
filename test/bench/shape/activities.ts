/** The same steps as the product's, without what they do. */
export interface EmptyActivities {
  settle(id: string): Promise<{ phase: string; kind: string; wakeAt: string }>;
  provision(id: string): Promise<void>;
  end(id: string): Promise<void>;
  drawUp(id: string): Promise<void>;
  bringAbout(id: string): Promise<void>;
  welcome(id: string): Promise<void>;
  /** Like `settle`; whoever was welcomed is expected to say so from now on. */
  expect(id: string): Promise<void>;
}

export const emptyActivities: EmptyActivities = {
  settle: () => Promise.resolve({ phase: 'holding', kind: 'access', wakeAt: '2026-11-22T14:02:00.000Z' }),
  provision: () => Promise.resolve(),
  end: () => Promise.resolve(),
  drawUp: () => Promise.resolve(),
  bringAbout: () => Promise.resolve(),
  welcome: () => Promise.resolve(),
  expect: () => Promise.resolve(),
};
