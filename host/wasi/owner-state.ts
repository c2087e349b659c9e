import { HIDDEN_MARK } from './hidden-mark.js';
import { BOOT, isAlive, NAMESPACE, PROCESS_ID, PROCESS_START } from './this-process.js';

const NAME = /^\.holdfast-([0-9a-z]+)-(\d+)-(\d+)-(\d+)-/;
/** A process is asked after at most so often: locks are looked at in a loop. */
const REMEMBERED_MS = 20;

/**
 * - `living`: it runs.
 * - `dead`: it does not, and the machine still does.
 * - `rebooted`: the machine was started anew since, or it is another one.
 * - `foreign`: of a pid namespace that cannot be looked into from here.
 */
export type OwnerState = 'living' | 'dead' | 'rebooted' | 'foreign';

/** Whose the names of this process are: the same for its whole life, never the same for two. */
export const OWN_PREFIX = `${HIDDEN_MARK}${BOOT}-${NAMESPACE}-${PROCESS_ID}-${PROCESS_START}-`;

let lastName = '';
let lastState: OwnerState = 'living';
let lastTimeMs = Number.NEGATIVE_INFINITY;

/** What is known of the owner in a name; `undefined` when there is none in it. */
export function ownerState(name: string): OwnerState | undefined {
	const parts = NAME.exec(name);
	if (parts === null) return undefined;
	const [prefix, boot, namespace, pid, start] = parts;
	if (prefix === OWN_PREFIX) return 'living';
	// Before the boot everything was another life, whatever namespace it was in.
	if (boot !== BOOT) return 'rebooted';
	if (namespace !== NAMESPACE) return 'foreign';
	const nowMs = performance.now();
	if (prefix !== lastName || nowMs - lastTimeMs > REMEMBERED_MS) {
		lastName = prefix;
		lastTimeMs = nowMs;
		lastState = isAlive(Number(pid), start) ? 'living' : 'dead';
	}
	return lastState;
}
