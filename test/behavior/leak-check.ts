import { readdirSync, readlinkSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Operator } from 'holdfast';
import { beforeAll, describe, expect, it } from 'vitest';
import { FILETYPE_UNKNOWN } from '#assembly/layout';
import { countThreads } from '../threads.js';
import { closeKept, keptPools } from './services.js';

const EVENTS = ['exit', 'uncaughtException', 'unhandledRejection', 'warning', 'beforeExit', 'message', 'SIGTERM'];
/** More at once than there are threads for them, so that the runtime has started all that it starts. */
const WARM_UP_CALLS = 16;

/** What this process holds: open files and directories, threads, listeners. */
export interface Held {
	readonly files: readonly string[];
	readonly threads: number;
	readonly listeners: readonly number[];
}

/**
 * Counts around all cases that `define` defines what they hold, and fails when something is left: in the pools that all of them share,
 * and, once those are closed, in the process.
 */
export function withoutLeaks(define: () => void): void {
	let before: Held;
	beforeAll(async () => {
		await warmUp();
		before = held();
	});
	define();
	// Cases run in the order in which they were defined.
	describe('all cases together', () => {
		it('leave no request, slot, buffer, reader, writer or descriptor in the pools that they shared', async () => {
			for (const { pool, roots } of keptPools()) {
				await quiet(() => heldBy(pool)).toEqual({ inFlight: 0, queued: 0, readers: 0, writers: 0, buffers: 0, roots });
				expect(pool.health()).toMatchObject({ restarts: 0, stuckThreads: 0 });
			}
		});

		it('leave no descriptor, thread or listener in the process after their operators are closed', async () => {
			const pools = keptPools();
			await closeKept();
			for (const { pool } of pools) {
				expect(pool.health()).toMatchObject({
					inFlight: 0,
					queued: 0,
					open: { readers: 0, writers: 0 },
				});
				expect(pool.table.open()).toBe(0);
			}
			await quiet(held).toEqual(before);
		});
	});
}

const collect = garbageCollector();

/** Threads end, and readers and listers that a case dropped are closed when they are collected, a little after the last case. */
function quiet(look: () => unknown) {
	return expect.poll(() => {
		collect();
		return look();
	});
}

export function held(): Held {
	return {
		files: openFiles(),
		threads: countThreads(),
		listeners: EVENTS.map((event) => process.listenerCount(event)),
	};
}

/** Requests, open handles and buffers of a pool, and the roots in its table: directories that it keeps for itself are of no kind. */
function heldBy(pool: Operator['pool']): Record<string, number> {
	const { inFlight, queued, open } = pool.health();
	const buffers = pool.heartbeats().reduce((sum, { buffersInUse }) => sum + buffersInUse, 0);
	return { inFlight, queued, ...open, buffers, roots: pool.table.open(FILETYPE_UNKNOWN) };
}

/** What has a name. Pipes and sockets are the runner's. */
function openFiles(): string[] {
	const links = readdirSync('/proc/self/fd').map((fd) => {
		try {
			return readlinkSync(`/proc/self/fd/${fd}`);
		} catch {
			// The one that the listing itself used.
			return '';
		}
	});
	return links.filter((link) => link.startsWith('/') && !link.startsWith('/proc/')).sort();
}

/** The first time the runtime starts threads of its own, and loads what it needs. */
async function warmUp(): Promise<void> {
	const op = new Operator('memory', { workers: 1, syncWorkers: 1, ringEntries: 2, buffers: 4, bufferBytes: 65536 });
	await op.write('a', 'b');
	await op.close();
	const { stat } = await import('node:fs/promises');
	await Promise.all(Array.from({ length: WARM_UP_CALLS }, () => stat('/')));
}

function garbageCollector(): () => void {
	setFlagsFromString('--expose-gc');
	return runInNewContext('gc') as () => void;
}
