import { type Classification, classifications, compareText } from './catalog.ts';
import { periodMsOrThrow } from './period.ts';
import type { PolicyOrganization } from './policy.ts';

/**
 * What becomes of an emergency in which the customer cannot be asked: it is reported to the customer, or it is refused without
 * its consent like everything else. It is reported in any case.
 */
export const emergencies = ['report', 'refuse'] as const;
export type Emergency = (typeof emergencies)[number];

/** That a customer's own people must agree before the vendor's reach data of these classifications. */
export interface ConsentRule {
  classifications: Classification[];
  /** How long they have to answer: an ISO 8601 period. When it is over the request lapses. */
  within: string;
  emergency: Emergency;
}

/** The same for one classification. */
export interface ConsentNeed {
  classification: string;
  withinMs: number;
  emergency: Emergency;
}

/** What a customer that "approves vendor access" has agreed on where nothing more is said. */
export const usualConsent: ConsentRule = {
  classifications: [...classifications],
  within: 'PT2H',
  emergency: 'report',
};

/** How long an answer may take, in milliseconds: at least the time to read a message, at most a week. */
export const consentLimits = { shortestMs: 5 * 60_000, longestMs: 7 * 24 * 60 * 60_000 } as const;

/** The rules in force, one line a classification: of several the shortest time counts, and the stricter word on emergencies. */
export function consentNeeds(rules: readonly ConsentRule[]): ConsentNeed[] {
  return classifications.flatMap((classification) => {
    const about = rules.filter((rule) => rule.classifications.includes(classification));
    if (about.length === 0) return [];
    const withinMs = Math.min(...about.map(({ within }) => periodMsOrThrow(within)));
    const emergency = about.some((rule) => rule.emergency === 'refuse') ? 'refuse' : 'report';
    return [{ classification, withinMs, emergency }];
  });
}

/**
 * Whether people of an organization must agree to access to data of a classification, as policy is told. Where an organization
 * comes without its rules, "approves vendor access" stands for all of them.
 */
export function consentTo(
  { approvesVendorAccess, consent }: Pick<PolicyOrganization, 'approvesVendorAccess' | 'consent'>,
  classification: string,
): ConsentNeed | null {
  if (consent === undefined)
    return approvesVendorAccess
      ? { classification, withinMs: periodMsOrThrow(usualConsent.within), emergency: usualConsent.emergency }
      : null;
  return consent.find((need) => need.classification === classification) ?? null;
}

/** Whether people of an organization must agree to access to any of its data. */
export function approvesAny({
  approvesVendorAccess,
  consent,
}: Pick<PolicyOrganization, 'approvesVendorAccess' | 'consent'>): boolean {
  return consent === undefined ? approvesVendorAccess : consent.length > 0;
}

/** Rules as they are written down: the same for two that mean the same. */
export function canonicalConsent(rules: readonly ConsentRule[]): ConsentRule[] {
  return rules
    .map((rule) => ({
      ...rule,
      classifications: classifications.filter((one) => rule.classifications.includes(one)),
    }))
    .sort((one, other) => compareText(JSON.stringify(one), JSON.stringify(other)));
}

/** Whether rules say exactly what a customer that "approves vendor access" has agreed on. */
export function isUsualConsent(rules: readonly ConsentRule[]): boolean {
  return JSON.stringify(canonicalConsent(rules)) === JSON.stringify(canonicalConsent([usualConsent]));
}

/** The classifications that more than one rule names: one of them must give way. */
export function doubledIn(rules: readonly ConsentRule[]): Classification[] {
  return classifications.filter(
    (one) => rules.filter((rule) => rule.classifications.includes(one)).length > 1,
  );
}
