/** What holds for the installation as a whole: how long things wait, and how much may change at once. */
export interface CatalogSettings {
  /** How long access outlives a contract that has ended. ISO 8601 period, as all below; `PT0S`: not at all. */
  churnGrace: string;
  /** How long more users than seats keep their access after a downgrade; `PT0S`: not at all. */
  downgradeGrace: string;
  /** How long standing access lasts that no contract ends, until a review renews it. */
  standingPeriod: string;
  welcome: WelcomeSettings;
  /** What a failed payment leads to, in the order of `dunningStates`, each at most once. Empty: nothing by itself. */
  dunning: DunningStep[];
  /** Keys of the roles that users keep, as far as they have them, while their customer is restricted. */
  restrictedRoles: string[];
  fence: FenceSettings;
  /** E-mail address of the person who gets what a leaver without a manager owned; null: nobody was named. */
  handover: string | null;
}

export interface WelcomeSettings {
  /** How long a new user's link can be used. */
  expires: string;
  /** When users are reminded who have not used it: periods since it was sent, growing, each shorter than `expires`. */
  reminders: string[];
}

/** Where a customer stands whose payments fail, from the mildest on. */
export const dunningStates = ['notice', 'restricted', 'suspended', 'offboarded'] as const;

export interface DunningStep {
  state: (typeof dunningStates)[number];
  /** Since the first payment that failed; `PT0S` is at once. */
  after: string;
}

/** `source`: customers that one billing or CRM source reduces or ends. `people`: one tenant's people whose access changes. */
export type FenceSettings = Record<'source' | 'people', FenceLimit>;

/** So many in a window go through, the rest waits: the greater of a share of all there are and a number. */
export interface FenceLimit {
  /** From 0 to 1. */
  share: number;
  least: number;
  /** ISO 8601 period. */
  window: string;
}

/** What holds where a catalog says nothing. */
export const defaultSettings: CatalogSettings = {
  churnGrace: 'P7D',
  downgradeGrace: 'P14D',
  standingPeriod: 'P365D',
  welcome: { expires: 'P7D', reminders: ['P2D', 'P5D'] },
  dunning: [
    { state: 'notice', after: 'PT0S' },
    { state: 'restricted', after: 'P7D' },
    { state: 'suspended', after: 'P21D' },
    { state: 'offboarded', after: 'P45D' },
  ],
  restrictedRoles: [],
  fence: {
    source: { share: 0.02, least: 5, window: 'PT1H' },
    people: { share: 0.02, least: 5, window: 'PT10M' },
  },
  handover: null,
};
