import { describe, expect, it } from 'vitest';
import { CONTROL_HEARTBEAT, OP_STAT, OP_WRITER_CLOSE } from '#assembly/layout';
import { parseInlineLimits } from '#host/inline/options';
import { InlinePool } from '#host/inline/pool';
import { Request } from '#host/pool/request';
import type { Ring } from '#host/ring/ring';

// A pool of one engine whose engines do not start, or trap: what becomes of the calls that wait for them.

type Home = ReturnType<ConstructorParameters<typeof InlinePool>[1]>;

/** `begin` stands for the engines. */
function poolOf(begin: (ring: Ring) => { poll(): number }, options = {}): InlinePool {
	const table = { ownerOf: () => 0, ownedBy: () => [] };
	const home = { isShared: false, mayPark: false, table, begin, sweep() {}, async end() {} };
	return new InlinePool(parseInlineLimits(options), () => home as unknown as Home);
}

const stat = () => new Request(OP_STAT, 'stat', 'a');

describe('a pool of one engine', () => {
	it('settles each call that waits when engines end while it sends: it once forgot the one behind a refused one', async () => {
		let begun = 0;
		const pool = poolOf(
			(ring) => {
				begun++;
				if (begun === 2) throw new Error('it does not start');
				const poll = (): number => {
					if (begun > 1) return -1;
					Atomics.store(ring.words, (ring.plan.control + CONTROL_HEARTBEAT) >> 2, 1);
					throw new Error('it traps');
				};
				return { poll };
			},
			{ ringEntries: 2 },
		);
		const settled = new Map<string, string>();
		const submit = (name: string, request: Request): void => {
			pool.submit(request).then(
				() => settled.set(name, 'ok'),
				({ code }) => settled.set(name, code),
			);
		};
		const writer = new Request(OP_WRITER_CLOSE, 'writer', 'x');
		writer.pinned = { number: 1 };
		submit('first', stat());
		submit('second', stat());
		submit('of a writer', writer);
		submit('behind it', stat());
		submit('last', stat());
		// Until the third engine has what is repeated.
		while (begun < 3) await new Promise((resolve) => setTimeout(resolve, 1));
		await pool.close();
		await new Promise((resolve) => setImmediate(resolve));
		expect(Object.fromEntries(settled)).toEqual({
			first: 'Closed',
			second: 'Closed',
			'of a writer': 'EngineTrapped',
			'behind it': 'Closed',
			last: 'Closed',
		});
	});

	it('that is given up is left alone until it has cooled down, though a timer for a restart is still to end', async () => {
		let begun = 0;
		const pool = poolOf(
			() => {
				begun++;
				throw new Error('it does not start');
			},
			{ restartWindowMs: 60_000 },
		);
		const told: unknown[] = [];
		pool.on('give-up', (message) => told.push(message));
		const state = () => pool.health().instances[0].state;
		const fail = () => expect(() => pool.submitSync(stat())).toThrow(/Unavailable|Unsupported/);
		// Each begins by the clock: this thread is never free for the timer.
		while (state() !== 'given up') fail();
		const before = begun;
		await new Promise((resolve) => setTimeout(resolve, 50));
		fail();
		expect([state(), begun, told.length]).toEqual(['given up', before, 1]);
		await pool.close();
	});
});
