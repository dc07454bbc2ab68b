/** A credential, shown once. */
export const texts = {
  title: 'Copy it now',
  worksUntil: (resource: string) => `For ${resource}. It works until`,
  once: 'It is shown this once.',
  user: 'User',
  password: 'Password',
  host: 'Host',
  database: 'Database',
  url: 'URL',
  copyPassword: 'Copy password',
  copyUrl: 'Copy as URL',
  saved: 'I’ve saved it, close',
} as const;
