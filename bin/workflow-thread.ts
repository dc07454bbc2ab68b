/**
 * How long a piece of a workflow may take in its thread before it is interrupted. The library's five seconds are no sign of a loop on
 * a machine that is busy with other things, and Node 20 can end the whole process when it interrupts a context ("async hook stack has
 * become corrupted"). The engine gives the work to somebody else after ten seconds anyway. The library takes this and does not name it.
 */
export const workflowThread = { isolateExecutionTimeout: '60s' } as const;
