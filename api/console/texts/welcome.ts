interface Named {
  person: string;
  vendor: string;
  organization: string;
}

/** The page of a welcome, and what follows it. */
export const texts = {
  title: (vendor: string) => `Confirm your access to ${vendor}`,
  heading: (person: string) => `${person}, confirm that you’re there`,
  lead: ({ organization, vendor }: Named) =>
    `${organization} uses ${vendor}, and you are named as one of its users.`,
  unchanged: 'Nothing has changed yet.',
  /** Why a confirmation was not taken; nothing has changed then. */
  complaints: {
    unticked: 'Tick the box to say that it’s you, then confirm.',
    elsewhere:
      'This didn’t come from the page that this browser opened. Confirm here; if that doesn’t help, allow cookies for this page.',
  },
  leaveEmpty: 'Leave this empty',
  itsMe: ({ person, vendor, organization }: Named) =>
    `I’m ${person}, and I’m a user of ${vendor} at ${organization}.`,
  confirm: 'Confirm',
  ifNotYou: (person: string) =>
    `Opening this page changed nothing. If you aren’t ${person}, close it: without you nothing happens.`,
  noPassword: 'Nobody asks you for a password here, or by mail.',
  sent: 'sent',
  worksUntil: 'works until',
  confirmed: {
    title: 'You’re confirmed',
    heading: (person: string) => `You’re confirmed, ${person}`,
    access: ({ vendor, organization }: Named) => `${vendor} for ${organization}`,
    done: 'There is nothing more to do here. The link has done its work and opens nothing any more; you don’t need it again.',
  },
  none: {
    title: 'This link can’t be used',
    why: 'It was used, has run out, was replaced by a newer one, or isn’t complete.',
    confirmed: 'If you have confirmed already, everything is set. You don’t need it again.',
    otherwise:
      'If not, look for a newer message, or ask your administrator to invite you again: that brings a new link.',
  },
  notNow: {
    title: 'Not now',
    heading: 'We can’t read this link now',
    lead: 'That’s on our side. The link stays as it was.',
    more: 'Open it again in a few minutes.',
  },
} as const;
