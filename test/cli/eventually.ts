import { setTimeout } from 'node:timers/promises';

const LOOK_AGAIN_MS = 1;

/** Waits until something holds. The time limit is that of the test. */
export async function eventually(holds: () => boolean): Promise<void> {
	while (!holds()) await setTimeout(LOOK_AGAIN_MS);
}
