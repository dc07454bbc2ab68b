import { readdirSync, readFileSync } from 'node:fs';
import { digestOf } from '../crypto/digest.ts';
import { loadPolicies, type PolicySet } from '../policy/load.ts';

/** Reads the policies that come with this version. @throws PolicyLoadError naming every problem with its file and line. */
export function readDefaultPolicies(): PolicySet {
  const folder = new URL('../policy/', import.meta.url);
  const files = readdirSync(new URL('default/', folder)).filter((name) => name.endsWith('.cedar'));
  const text = (path: string) => readFileSync(new URL(path, folder), 'utf8');
  const texts = Object.fromEntries(files.map((name) => [name, text(`default/${name}`)]));
  return loadPolicies({ schema: text('schema.cedarschema'), texts }, digestOf);
}
