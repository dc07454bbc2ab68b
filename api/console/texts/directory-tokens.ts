import { counted } from '../words.ts';

/** What the sign-in settings say of a customer's directory, and of the tokens it shows. */
export const directoryTexts = {
  title: 'Directory',
  more: 'Okta, Entra ID or any other directory that speaks SCIM 2.0 adds, changes and removes your people here by itself. Give it this address and a token.',
  moreStaff: 'Their own administrators make tokens. You can revoke one, e.g. when it got into other hands.',
  none: 'No directory is connected',
  address: 'Address',
  label: 'What do you call it?',
  labelHint: 'E.g. the directory’s name.',
  make: 'Make a token',
  full: 'Two tokens are good at a time. Revoke one to make another.',
  state: { good: 'Good until', expired: 'Over since', revoked: 'Revoked' },
  used: 'Last used',
  neverUsed: 'Never used',
  madeBy: (name: string, hasLeft: boolean) => (hasLeft ? `Made by ${name}, who is gone` : `Made by ${name}`),
  revoke: 'Revoke',
  former: (count: number) => counted(count, 'former token', 'former tokens'),
  madeTitle: (label: string) => `Copy the token for ${label} now`,
  madeLead: 'It is shown this once. Whoever has it can add and remove your people.',
  token: 'Token',
  goodUntil: 'Good until',
  back: 'I have copied it',
};
