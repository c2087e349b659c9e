// Where there are no processes, a store has one owner at a time: each pool puts a random number of its own where the start time
// stands, and knows that every other one is from an earlier life (`inline/owner-prefix.ts`).

export const BOOT = 'web';
export const NAMESPACE = '0';
export const PROCESS_ID = 0;
export const PROCESS_START = '0';

/** Nobody else lives. */
export function isAlive(): boolean {
	return false;
}

export function startTime(): string {
	return '';
}
