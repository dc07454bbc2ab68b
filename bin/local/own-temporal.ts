import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { readTemporal } from '../config.ts';
import { checkSearchAttributes } from '../temporal.ts';
import type { Environment } from './settings.ts';

const limitMs = 5_000;

/**
 * Looks whether our worker can use a Temporal of the user's own.
 *
 * @returns what keeps it from that and what to do, in a sentence; null when nothing does.
 */
export async function complaintAbout(environment: Environment): Promise<string | null> {
  const { connection: options, namespace } = readTemporal(environment);
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ ...options, connectTimeout: limitMs });
    await checkSearchAttributes(new Client({ connection, namespace }), namespace);
    return null;
  } catch (error) {
    if (connection === undefined)
      return `No Temporal answers at ${String(options.address)} (TEMPORAL_ADDRESS).`;
    if (isGrpcServiceError(error)) return `Temporal at ${String(options.address)} says: ${error.details}`;
    return error instanceof Error ? error.message : String(error);
  } finally {
    await connection?.close();
  }
}
