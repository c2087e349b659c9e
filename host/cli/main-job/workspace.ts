import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTime, TEMPORARY_MARK, TEMPORARY_PREFIX } from '../../pool/temporary.js';

// A workspace says whose it is, as the temporary files of a store do, so that what a killed run has left can be told from what
// a living one works in:
//
//   holdfast-main-job-<boot id>-<pid namespace>-<pid>-<start time>-<random>

const MARK = 'holdfast-main-job-';
const OWNER = TEMPORARY_PREFIX.slice(TEMPORARY_MARK.length);
const NAME = new RegExp(`^${MARK}([^-]+)-([^-]+)-(\\d+)-(\\d+)-[^-]+$`);
/** Another run may be removing the same left-over at the same moment. */
const REMOVE_RETRIES = 3;

/** A fresh directory among the system's temporary ones. It goes with the process, unless that is killed. */
export class Workspace {
	readonly path: string;
	readonly #remove = (): void => this.remove();

	constructor() {
		this.path = mkdtempSync(join(tmpdir(), MARK + OWNER));
		process.on('exit', this.#remove);
	}

	/** A place in it, which does not exist yet. */
	place(name: string): string {
		return join(this.path, name);
	}

	/** Removes it with all that is in it. Fine at any time. */
	remove(): void {
		process.off('exit', this.#remove);
		removeTree(this.path);
	}
}

/** Removes the workspaces of runs that were killed and gives their number. Those of living ones stay. */
export function removeLeftOvers(): number {
	const left = readdirSync(tmpdir()).filter(isLeftOver);
	for (const name of left) removeTree(join(tmpdir(), name));
	return left.length;
}

export function removeTree(path: string): void {
	rmSync(path, { recursive: true, force: true, maxRetries: REMOVE_RETRIES });
}

function isLeftOver(name: string): boolean {
	const match = NAME.exec(name);
	if (match === null) return false;
	// Somebody else's is not ours to remove.
	if (lstatSync(join(tmpdir(), name), { throwIfNoEntry: false })?.uid !== process.getuid?.()) return false;
	const [, boot, namespace, pid, start] = match;
	const [ownBoot, ownNamespace] = OWNER.split('-');
	if (boot !== ownBoot) return true;
	// The process numbers of another namespace say nothing here: it may be alive.
	return namespace === ownNamespace && !isAlive(Number(pid), start);
}

/** Whether the process that began at this time runs: its number alone may be somebody else's by now. */
function isAlive(pid: number, start: string): boolean {
	try {
		process.kill(pid, 0);
	} catch (error) {
		// EPERM: it lives, and belongs to somebody else.
		if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
	}
	return startTime(pid) === start && !isZombie(pid);
}

/** A process that has ended and whose parent has not asked for its exit code yet: it still has its number and its times. */
function isZombie(pid: number): boolean {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
		return stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
	} catch {
		// It has gone meanwhile, or this platform does not tell.
		return false;
	}
}
