import { readFileSync, readlinkSync } from 'node:fs';

// Who this process is, among all that may work in a store: part of every hidden name (`owner.ts`).

/** This life of the machine. */
export const BOOT = bootId();
export const NAMESPACE = pidNamespace();
export const PROCESS_ID = process.pid;
export const PROCESS_START = startTime(process.pid) || '0';

/** First part of the boot id: pids and start times begin anew with every boot. */
function bootId(): string {
	return readText('/proc/sys/kernel/random/boot_id').slice(0, 8) || 'noboot';
}

function pidNamespace(): string {
	try {
		return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
	} catch {
		// Elsewhere than on Linux there are none.
		return '0';
	}
}

/** Whether the process that began at this time runs: its number alone may be somebody else's by now. */
export function isAlive(pid: number, start: string): boolean {
	try {
		process.kill(pid, 0);
	} catch (error) {
		// EPERM: it lives, and belongs to somebody else.
		if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
	}
	const found = startTime(pid);
	// A process that may not be looked at counts as the one that is meant.
	return found === start || found === '';
}

/** Clock ticks between boot and the start of a process; empty when that cannot be known. */
export function startTime(pid: number): string {
	const stat = readText(`/proc/${pid}/stat`);
	if (stat === '') return '';
	// The name in parentheses may hold anything, spaces and parentheses too.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	// What is left of a process that has ended, until its parent asks for it, runs no more.
	return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : fields[19];
}

function readText(path: string): string {
	try {
		return readFileSync(path, 'latin1');
	} catch {
		// Not there, or not on this platform.
		return '';
	}
}
