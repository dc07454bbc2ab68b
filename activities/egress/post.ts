import { createRequest, type EgressAnswer, type EgressOptions } from './request.ts';

/** A hundred tokens, each of them a large one. */
const longestReadBytes = 4 * 1_048_576;

/** Posts to an address that somebody else named. @throws EgressError */
export type Post = (
  url: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
) => Promise<EgressAnswer>;

/** Makes what posts to addresses that others named, as {@link createRequest} has it; answers are read only with `reads`. */
export function createPost({
  reads = false,
  ...options
}: Omit<EgressOptions, 'longestReadBytes'> & { reads?: boolean }): Post {
  const request = createRequest({ ...options, ...(reads ? { longestReadBytes } : {}) });
  return (url, headers, body, signal) => request(url, { method: 'POST', headers, body, signal });
}
