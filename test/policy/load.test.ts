import { describe, expect, it } from 'vitest';
import { digestOf } from '../../crypto/digest.ts';
import { loadPolicies } from '../../policy/load.ts';
import { PolicyLoadError } from '../../policy/problems.ts';
import { defaultSource, load, question } from './default-policies.ts';

const head = '@id("a") @title("A") @longest("PT1H")';
const rest = 'permit(principal, action, resource);';

function problems(texts: Record<string, string>): string[] {
  try {
    load(texts);
    return [];
  } catch (error) {
    if (!(error instanceof PolicyLoadError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

describe('loading refuses', () => {
  it.each([
    [
      'a wrong operator',
      `${head} permit(principal, action, resource) when { 1 = 2 };`,
      /^x\.cedar:1:\d+: '=' is not a valid operator in Cedar \(try using '==' instead\)$/,
    ],
    [
      'text that breaks off',
      `${head} permit(principal, action, resource)`,
      /^x\.cedar:1:\d+: unexpected end of input; expected `;`/,
    ],
    [
      'an attribute that is not there',
      `${head} permit(principal, action, resource) when { principal.employmnt == "x" };`,
      /^x\.cedar:1:\d+: policy `a`: attribute `employmnt` .* not found \(did you mean `employment`\?\)$/,
    ],
    [
      'an optional attribute that is not asked for',
      `${head} permit(principal, action, resource) when { principal.region == "x" };`,
      /unable to guarantee safety .*`e has region/,
    ],
    [
      'an entitlement that is not there',
      `${head} permit(principal, action == Action::"reed", resource);`,
      /unrecognized action `Action::"reed"` \(did you mean `Action::"read"`\?\)/,
    ],
    [
      'an entity type that is not there',
      `${head} permit(principal in Rle::"x", action, resource);`,
      /unrecognized entity type `Rle` \(did you mean `Role`\?\)/,
    ],
    [
      'a function that is not there',
      `${head} permit(principal, action, resource) when { dattime("2027-01-01") > context.now };`,
      /^x\.cedar:1:\d+: .*dattime/,
    ],
    [
      'two types that do not meet',
      `${head} permit(principal, action, resource) when { resource.kind < 3 };`,
      /expected Long but saw String/,
    ],
    [
      'a policy that can never apply',
      `${head} permit(principal, action, resource) when { resource.kind == "a" && false };`,
      /policy is impossible/,
    ],
    [
      'letters that only look like others',
      `${head} permit(principal, action, resource) when { resource.kind == "postgr\u0435s" };`,
      /mixed scripts/,
    ],
    [
      'a template',
      `${head} permit(principal == ?principal, action, resource);`,
      /templates are not used here/,
    ],
    [
      'a policy without an id',
      `@title("A") @longest("PT1H") ${rest}`,
      /^x\.cedar:1:1: a policy must have an @id/,
    ],
    ['an id that is none', `@id("A b") @title("A") @longest("PT1H") ${rest}`, /@id\("A b"\) is not an id/],
    [
      'an id from the depths of the language',
      `@id("__proto__") @title("A") @longest("PT1H") ${rest}`,
      /is not an id/,
    ],
    ['a policy without a title', `@id("a") @longest("PT1H") ${rest}`, /must have a @title/],
    [
      'a permit without a longest period',
      `@id("a") @title("A") ${rest}`,
      /must say how long .* \(add e\.g\. @longest\("PT4H"\)\)/,
    ],
    [
      'a freshness that is no period',
      `@id("a") @title("A") @longest("PT1H") @fresh("soon") ${rest}`,
      /policy `a`: @fresh\("soon"\) is not a period/,
    ],
    [
      'words for a freshness that is not asked',
      `@id("a") @title("A") @longest("PT1H") @asks_fresh("x") ${rest}`,
      /@asks_fresh has words for a need that is not there/,
    ],
    [
      'a longest period of months',
      `@id("a") @title("A") @longest("P1M") ${rest}`,
      /^x\.cedar:1:22: policy `a`: @longest\("P1M"\) is not a period/,
    ],
    [
      'a longest period of nothing',
      `@id("a") @title("A") @longest("PT0S") ${rest}`,
      /@longest\("PT0S"\) is not a period/,
    ],
    [
      'an annotation that is unknown',
      `${head} @longst("PT1H") ${rest}`,
      /unknown annotation @longst \(did you mean `longest`\?\)/,
    ],
    [
      'an annotation of the language itself',
      `${head} @constructor("x") ${rest}`,
      /unknown annotation @constructor/,
    ],
    [
      'an obligation on a forbid',
      '@id("a") @title("A") @needs("mfa") forbid(principal, action, resource);',
      /@needs has no meaning on a forbid/,
    ],
    [
      'a need that is unknown',
      `${head} @needs("mfa tiket") ${rest}`,
      /@needs knows no `tiket` \(did you mean `ticket`\?\)/,
    ],
    ['needs that name nothing', `${head} @needs(" ") ${rest}`, /@needs names nothing/],
    [
      'words for a need that is not there',
      `${head} @asks_mfa("x") ${rest}`,
      /@asks_mfa has words for a need that is not there/,
    ],
    [
      'an approval by nobody in particular',
      `${head} @approval("support-lead") ${rest}`,
      /@approval cannot be read: `support-lead` \(write "<role> of vendor"/,
    ],
    ['an approval by no people', `${head} @approval("0 support-lead of vendor") ${rest}`, /cannot be read/],
    ['an approval by a third side', `${head} @approval("support-lead of partner") ${rest}`, /cannot be read/],
    [
      'one stage named twice',
      `${head} @approval("a of vendor, 2 a of vendor") ${rest}`,
      /names one stage twice/,
    ],
    [
      'words for an approval that is not there',
      `${head} @asks("x") ${rest}`,
      /@asks has words for an approval that is not there/,
    ],
    [
      'too few sentences',
      `${head} @approval("a of vendor, b of vendor") @asks("x") ${rest}`,
      /one sentence for each of 2/,
    ],
    ['a value for a mark', `${head} @reported("yes") ${rest}`, /@reported takes no value/],
    [
      'an obligation on a permit to hold',
      '@id("a") @title("A") @longest("PT1H") permit(principal, action == Action::"hold", resource);',
      /^x\.cedar:1:22: policy `a`: @longest has no meaning on a permit to hold \(remove it\)/,
    ],
    [
      'an annotation that is unknown on a permit to hold',
      '@id("a") @title("A") @titel("B") permit(principal, action == Action::"hold", resource);',
      /unknown annotation @titel \(did you mean `title`\?\)/,
    ],
    [
      'a permit to hold that is also one to ask',
      `${head} permit(principal, action in [Action::"read", Action::"hold"], resource);`,
      /^x\.cedar:1:1: policy `a`: a permit to hold cannot be about other actions too \(write two/,
    ],
    [
      'a condition about signing in where nobody does',
      '@id("a") @title("A") permit(principal, action == Action::"hold", resource) when { context.hasTicket };',
      /attribute `hasTicket` .*not found/,
    ],
    ['nothing at all', '// only a comment', /there is no policy/],
  ])('%s', (_name, text, expected) => {
    const found = problems({ 'x.cedar': text });
    expect(found.join('\n')).toMatch(expected);
  });

  it('an id that two files use, naming both', () => {
    expect(problems({ 'x.cedar': `${head} ${rest}`, 'y.cedar': `// first\n${head} ${rest}` })).toEqual([
      'y.cedar:2:1: policy `a`: this @id is also used in x.cedar (ids are unique)',
    ]);
  });

  it('a schema that cannot be read, with its own place', () => {
    const schema = `${defaultSource().schema}\nentity Extra = { a: Foo };`;
    expect(() => loadPolicies({ schema, texts: { 'x.cedar': `${head} ${rest}` } }, digestOf)).toThrow(
      /schema\.cedarschema:\d+:21: failed to resolve type: Foo/,
    );
  });

  it('everything that is wrong at once, each at its line and column, counting letters and not bytes', () => {
    const text = `// äöü 🙂\n${head}\npermit(principal, action, resource);\n\n@id("b") @title("ß") @longest("x")\npermit(principal, action, resource)\n  when { "äöü" == resource.knd };`;
    expect(problems({ 'x.cedar': text })).toEqual([
      expect.stringMatching(/^x\.cedar:5:22: policy `b`: @longest\("x"\) is not a period/),
      expect.stringMatching(/^x\.cedar:7:19: policy `b`: attribute `knd` .*did you mean/),
    ]);
  });

  it('and puts nothing in force', () => {
    expect(() => load({ 'x.cedar': 'nonsense' })).toThrow(PolicyLoadError);
    expect(load({ 'x.cedar': `${head} ${rest}` }).decide(question()).outcome).toBe('automatic');
  });
});

describe('the version', () => {
  const one = `${head} permit(principal, action, resource) when { resource.kind == "x" };`;
  const two = '@id("b") @title("B") forbid(principal, action, resource) when { principal.suspended };';
  const version = load({ 'x.cedar': `${one}\n${two}` }).version;

  it('is a digest', () => expect(version).toMatch(/^sha256:[0-9a-f]{64}$/));

  it.each([
    ['order', { 'x.cedar': `${two}\n${one}` }],
    ['comments', { 'x.cedar': `// first\n${one} // then\n${two}` }],
    ['spaces', { 'x.cedar': `${one.replaceAll(' ', '\n  ')}\n\n${two}` }],
    ['files', { 'b.cedar': one, 'a.cedar': two }],
    [
      'the order of annotations',
      { 'x.cedar': `${one.replace(head, '@longest("PT1H") @title("A") @id("a")')}${two}` },
    ],
  ])('does not depend on %s', (_name, texts) => expect(load(texts).version).toBe(version));

  it('does not depend on comments in the schema, but on what the schema says', () => {
    const { schema } = defaultSource();
    const texts = { 'x.cedar': `${one}\n${two}` };
    expect(loadPolicies({ schema: `// x\n${schema}`, texts }, digestOf).version).toBe(version);
    expect(loadPolicies({ schema: `${schema}\nentity Extra;`, texts }, digestOf).version).not.toBe(version);
  });

  it.each([
    ['a condition', one.replace('"x"', '"y"')],
    ['an effect', '@id("a") @title("A") forbid(principal, action, resource) when { resource.kind == "x" };'],
    ['an obligation', one.replace('PT1H', 'PT2H')],
    ['a title', one.replace('"A"', '"Z"')],
    ['an id', one.replace('"a"', '"c"')],
  ])('changes with %s', (_name, text) =>
    expect(load({ 'x.cedar': `${text}\n${two}` }).version).not.toBe(version),
  );
});

describe('the default policies', () => {
  const set = loadPolicies(defaultSource(), digestOf);

  it('are explained by file and place, with their text and what they ask', () => {
    expect(set.policies.map((policy) => policy.id)).toEqual([
      'on-call-administer',
      'customer-approves-emergency',
      'contractor-no-customer-data',
      'suspended-person',
      'suspended-organization',
      'restricted-not-changed',
      'classification-unknown',
      'foreign-data-not-held',
      'restricted-in-its-region',
      'consent-not-by-role',
      'device-not-compliant',
      'account-disabled',
      'held-by-role',
      'support-read',
      'support-change',
      'support-read-free',
      'customer-approves-read',
      'customer-approves-change',
      'support-read-restricted',
      'used-while-held',
    ]);
    expect(set.policies[0]).toMatchObject({
      file: 'on-call.cedar',
      effect: 'permit',
      obligations: { reported: true },
    });
    expect(set.policies.filter((policy) => policy.permitsOnly)).toMatchObject([
      { id: 'held-by-role', effect: 'permit', permitsOnly: 'hold', obligations: null },
      { id: 'used-while-held', effect: 'permit', permitsOnly: 'use', obligations: null },
    ]);
    expect(set.policies[0]?.text).toContain('@id("on-call-administer")');
  });

  it('name no organization and no person of the example', () => {
    const names =
      /northwind|acme|globex|initech|umbra|\b(?:sam|priya|marek|mei|omar|sita|lena|ada|jonas|anna|tom|gus|ines)\b/i;
    for (const text of Object.values(set.source.texts)) expect(text).not.toMatch(names);
  });
});
