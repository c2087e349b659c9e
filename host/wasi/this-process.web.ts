/** Where there are no processes, what begins a life is a random number (`inline/owner-prefix.ts`). */
export const BOOT = 'web';

export function startTime(): string {
	return '';
}
