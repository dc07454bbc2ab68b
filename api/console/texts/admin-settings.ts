/** What the page says on which a customer's administrators choose how their panel looks. */
export const settingsTexts = {
  title: (customer: string) => `How ${customer}’s space looks`,
  lead: 'Your people see it on these pages. What time means keeps its own colours.',
  name: 'Name',
  nameHint: (name: string) => `Heads these pages. Your contract says ${name}.`,
  color: 'Colour',
  colorHint: 'Six digits or letters, like #6b2246. Leave it empty for none.',
  save: 'Save',
  wasNotSaved: 'That wasn’t saved',
  saved: 'Saved',
  savedMore: 'Your people see it with their next page.',
  asChosen: 'It is shown as you chose it, on light pages and on dark ones.',
  changed: (light: string | null, dark: string | null) =>
    [
      light && `On light pages it is darkened to ${light}`,
      dark && `${light ? 'on' : 'On'} dark pages it is lightened to ${dark}`,
    ]
      .filter(Boolean)
      .join(', and ') + ', so that everybody can read what stands on it.',
  samples: 'On light and on dark pages',
  others: 'More',
  access: 'Vendor access',
  accessMore: 'Who from outside may reach your data, and what you must approve.',
  signIn: 'Sign-in',
  signInMore: 'Your provider, your mail domains, and who is signed in.',
  signals: 'Signals',
  signalsMore:
    'What your sign-in provider or device management says is wrong with somebody, and who may say it.',
};
