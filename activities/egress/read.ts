import type { ReadAddress } from '../../domain/key-set.ts';
import { createRequest, EgressError, type EgressOptions } from './request.ts';

/** Far more than any keys, and what a transmitter says of itself. */
const longestReadBytes = 256 * 1_024;

/** Makes what reads documents from addresses that others named, as {@link createRequest} has it. */
export function createReading(options: Omit<EgressOptions, 'longestReadBytes'>): ReadAddress {
  const request = createRequest({ ...options, longestReadBytes });
  const headers = { accept: 'application/json, application/jwk-set+json', 'user-agent': 'tenure' };
  return async (url) => {
    try {
      const { status, body } = await request(url, { method: 'GET', headers, body: null, signal: null });
      return status === 200 ? { text: body } : { error: `status-${status}` };
    } catch (error) {
      if (error instanceof EgressError) return { error: error.code };
      throw error;
    }
  };
}
