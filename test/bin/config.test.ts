import { expect, it } from 'vitest';
import { environmentProblems, readConfig } from '../../bin/config.ts';
import { deriveKeys } from '../../crypto/keys.ts';
import { seal, unseal } from '../../crypto/sealing.ts';

const keyOf = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
const environment = { DATABASE_URL: 'postgres://tenure@127.0.0.1/tenure', TENURE_KEY: keyOf(3) };

it('hands former keys on: what they sealed opens, and nothing is sealed with them anew', () => {
  const config = readConfig({ ...environment, TENURE_KEY_FORMER: `${keyOf(1)}, ${keyOf(2)}` });
  const { sealing, keyId } = deriveKeys(config.masterKey, config.formerMasterKeys);
  for (const byte of [1, 2, 3])
    expect(unseal(sealing, seal(deriveKeys(keyOf(byte)).sealing, 'secret', 'grant:1'), 'grant:1')).toBe(
      'secret',
    );
  expect(seal(sealing, 'secret', 'grant:1')).toMatch(new RegExp(`^v1\\.${keyId}\\.`));
});

it('knows of no former key unless one is given', () => {
  for (const given of [{}, { TENURE_KEY_FORMER: '' }, { TENURE_KEY_FORMER: ' , ' }])
    expect(readConfig({ ...environment, ...given }).formerMasterKeys).toEqual([]);
  const { formerMasterKeys } = readConfig({ ...environment, TENURE_KEY_FORMER: `${keyOf(1)},` });
  expect(formerMasterKeys).toEqual([keyOf(1)]);
});

it('refuses a former key that is too short to have been one, and names the variable but not the key', () => {
  const read = () => readConfig({ ...environment, TENURE_KEY_FORMER: `${keyOf(1)},torn-off` });
  expect(read).toThrow(/TENURE_KEY_FORMER: each must be 32 random bytes or more/);
  expect(read).not.toThrow(/torn-off/);
});

it('needs a mail server and a sender in production, names what is missing, and repeats no password', () => {
  const production = {
    ...environment,
    TENURE_ENV: 'production',
    TENURE_PUBLIC_URL: 'https://tenure.example',
  };
  expect(() => readConfig(production)).toThrow(/TENURE_SMTP_URL: needed[^]*TENURE_MAIL_FROM: needed/);
  const smtpUrl = 'smtps://tenure:secret@mail.example:465';
  const given = {
    TENURE_SMTP_URL: smtpUrl,
    TENURE_MAIL_FROM: 'Tenure at Northwind <tenure@northwind.example>',
  };
  expect(readConfig({ ...production, ...given }).mail).toEqual({
    smtpUrl,
    from: { name: 'Tenure at Northwind', address: 'tenure@northwind.example' },
  });
  for (const wrong of [
    'http://u:secret@mail.example',
    'smtp://u:secret@mail.example?tls=off',
    'mail.example secret',
  ]) {
    const read = () => readConfig({ ...production, ...given, TENURE_SMTP_URL: wrong });
    expect(read).toThrow(/TENURE_SMTP_URL: /);
    expect(read).not.toThrow(/secret/);
  }
  for (const wrong of ['tenure', 'a@b.example, c@d.example', 'x <a@b.example>\r\nBcc: c@d.example'])
    expect(() => readConfig({ ...environment, TENURE_MAIL_FROM: wrong })).toThrow(
      /TENURE_MAIL_FROM: must be/,
    );
});

it('needs neither in a local installation', () => {
  expect(readConfig(environment).mail).toEqual({
    smtpUrl: undefined,
    from: { name: 'Tenure', address: 'tenure@localhost' },
  });
  expect(readConfig({ ...environment, TENURE_MAIL_FROM: 'a@b.example' }).mail.from).toEqual({
    name: 'Tenure',
    address: 'a@b.example',
  });
});

it('takes only addresses that can be called, and says all that is wrong at once', () => {
  expect(readConfig(environment).stripeUrl).toBe('https://api.stripe.com');
  expect(readConfig({ ...environment, TENURE_STRIPE_URL: 'http://127.0.0.1:12111/' }).stripeUrl).toBe(
    'http://127.0.0.1:12111',
  );
  const wrongs = [
    'api.stripe.com',
    'ftp://api.stripe.com',
    'https://sk_live_secret@api.stripe.com',
    'https://',
  ];
  for (const wrong of wrongs) {
    const read = () => readConfig({ ...environment, TENURE_STRIPE_URL: wrong });
    expect(read, wrong).toThrow(/TENURE_STRIPE_URL: /);
    expect(read, wrong).not.toThrow(/sk_live/);
  }
  const production = {
    TENURE_ENV: 'production',
    TENURE_STRIPE_URL: 'http://api.stripe.com',
    TENURE_WEBHOOKS_TO: 'anywhere',
    TENURE_CRASH_AT: 'somewhere',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
    PORT: '99999',
  };
  expect(environmentProblems(production).map((one) => one.split(':')[0])).toEqual([
    'DATABASE_URL',
    'TENURE_KEY',
    'PORT',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'TENURE_CRASH_AT',
    'TENURE_PUBLIC_URL',
    'TENURE_SMTP_URL',
    'TENURE_MAIL_FROM',
    'TENURE_WEBHOOKS_TO',
    'TENURE_STRIPE_URL',
  ]);
  expect(() => readConfig(production)).toThrow(
    /DATABASE_URL: is missing[^]*TENURE_STRIPE_URL: must be https/,
  );
});
