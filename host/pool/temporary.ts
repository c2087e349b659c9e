import { readFileSync, readlinkSync } from 'node:fs';

// Temporary names say whose they are, so that what a dead process left behind can be told from what a living one is writing:
//
//   .holdfast-<boot id>-<pid namespace>-<pid>-<start time>-<nonce>.tmp

export const TEMPORARY_MARK = '.holdfast-';
export const TEMPORARY_SUFFIX = '.tmp';

/** Whose temporary files these are: the same for the whole life of a process, never the same for two. */
export const TEMPORARY_PREFIX = `${TEMPORARY_MARK}${bootId()}-${pidNamespace()}-${process.pid}-${startTime(process.pid)}-`;

/** Path of the temporary file that a request for `path` writes, as a byte string. */
export function temporaryPath(path: string, nonce: Uint8Array): string {
	const bytes = Buffer.from(path, 'utf8').toString('latin1');
	const parent = bytes.slice(0, bytes.lastIndexOf('/') + 1);
	return `${parent}${TEMPORARY_PREFIX}${Buffer.from(nonce).toString('hex')}${TEMPORARY_SUFFIX}`;
}

/** Whether a name is one that this library gives to files it has not finished. */
export function isTemporaryName(name: string): boolean {
	return name.startsWith(TEMPORARY_MARK) && name.endsWith(TEMPORARY_SUFFIX);
}

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

/** Clock ticks between boot and the start of a process; empty when there is no such process. */
export function startTime(pid: number): string {
	const stat = readText(`/proc/${pid}/stat`);
	// The name in parentheses may hold anything, spaces and parentheses too.
	return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
}

function readText(path: string): string {
	try {
		return readFileSync(path, 'latin1');
	} catch {
		// Not there, or not on this platform.
		return '';
	}
}
