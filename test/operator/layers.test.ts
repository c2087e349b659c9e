import { describe, expect, it } from 'vitest';
import { OP_READ, OP_STAT, OP_WRITE, OP_WRITER_ABORT, OP_WRITER_OPEN } from '#assembly/layout';
import { HoldfastError } from '#host/errors';
import * as exported from '#host/index';
import type { Clock } from '#host/layers/clock';
import {
	CapabilityOverrideLayer,
	ConcurrentLimitLayer,
	LoggingLayer,
	RetryLayer,
	ThrottleLayer,
	TimeoutLayer,
} from '#host/layers/index';
import { type Answer, FakeEngine, fakeOperator } from './fake-engine.js';
import { refusal, rejection } from './refusal.js';

/** Time that passes only when somebody waits. */
class FakeClock implements Clock {
	now = 0;
	readonly slept: number[] = [];

	nowMs(): number {
		return this.now;
	}

	async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
		if (signal?.aborted) throw signal.reason;
		this.sleepSync(milliseconds);
	}

	sleepSync(milliseconds: number): void {
		this.slept.push(milliseconds);
		this.now += milliseconds;
	}

	random(): number {
		return 0.5;
	}
}

/** Fails so often, then answers. */
function failing(times: number, error: HoldfastError): Answer {
	let left = times;
	return () => {
		if (left-- > 0) throw error;
		return {};
	};
}

const passing = new HoldfastError('RateLimited', 'later', { retryable: true });
const lasting = new HoldfastError('NotFound', 'never');

describe('layers', () => {
	it('are exported by name and under layers', () => {
		const byName: Readonly<Record<string, unknown>> = { ...exported };
		for (const [name, layer] of Object.entries(exported.layers)) {
			expect(name).toMatch(/Layer$/);
			expect(byName[name]).toBe(layer);
		}
		expect(Object.keys(exported.layers)).toHaveLength(6);
	});

	it('wrap in the order in which they are added, the last one outermost, and leave the first operator alone', async () => {
		const lines: string[] = [];
		const engine = new FakeEngine();
		const op = fakeOperator(engine);
		const inner = op.layer(new LoggingLayer((line) => lines.push(`inner ${line}`)).build());
		const outer = inner.layer(new LoggingLayer((line) => lines.push(`outer ${line}`)).build());
		await outer.exists('a');
		expect(lines.map((line) => line.split(' ')[0])).toEqual(['outer', 'inner', 'inner', 'outer']);
		lines.length = 0;
		await op.exists('a');
		expect(lines).toEqual([]);
	});

	it('share the store: closing one closes all', async () => {
		const op = fakeOperator(new FakeEngine());
		const layered = op.layer(new RetryLayer().build());
		await layered.close();
		expect((await rejection(op.stat('a'))).code).toBe('Closed');
	});
});

describe('RetryLayer', () => {
	const retry = (answer: Answer, change?: (layer: RetryLayer) => void) => {
		const clock = new FakeClock();
		const engine = new FakeEngine(answer);
		const layer = new RetryLayer(clock);
		change?.(layer);
		return { clock, engine, op: fakeOperator(engine).layer(layer.build()) };
	};

	it('repeats what is retryable, after growing delays', async () => {
		const { clock, engine, op } = retry(failing(3, passing));
		await op.stat('a');
		expect(engine.requests).toHaveLength(4);
		expect(clock.slept).toEqual([1000, 2000, 4000]);
		const blocking = retry(failing(3, passing));
		blocking.op.statSync('a');
		expect(blocking.clock.slept).toEqual([1000, 2000, 4000]);
	});

	it('gives up after maxTimes with the error of the last try', async () => {
		const { engine, op } = retry(failing(9, passing));
		expect(await rejection(op.stat('a'))).toBe(passing);
		expect(engine.requests).toHaveLength(4);
		const never = retry(failing(9, passing), (layer) => {
			layer.maxTimes = 0;
		});
		expect(refusal(() => never.op.statSync('a'))).toBe(passing);
		expect(never.engine.requests).toHaveLength(1);
	});

	it('repeats nothing that is not retryable, and no error of another kind', async () => {
		const { engine, op } = retry(failing(9, lasting));
		expect((await rejection(op.stat('a'))).code).toBe('NotFound');
		expect(refusal(() => op.statSync('a')).code).toBe('NotFound');
		expect(engine.requests).toHaveLength(2);
		const mistaken = retry(() => {
			throw new TypeError('a mistake');
		});
		await expect(mistaken.op.stat('a')).rejects.toThrow('a mistake');
		expect(mistaken.engine.requests).toHaveLength(1);
	});

	it('does not ask a writer again whose instance is gone', async () => {
		const trapped = new HoldfastError('EngineTrapped', 'x', { retryable: true });
		const { engine, op } = retry((request) => {
			if (request.op === OP_WRITER_OPEN || request.op === OP_WRITER_ABORT) return {};
			throw trapped;
		});
		const writer = await op.writer('a');
		expect(await rejection(writer.write('x'))).toBe(trapped);
		expect(engine.requests).toHaveLength(3);
	});

	it('obeys factor, bounds and jitter', async () => {
		const { clock, op } = retry(failing(4, passing), (layer) => {
			layer.minDelay = 100;
			layer.maxDelay = 350;
			layer.factor = 3;
			layer.jitter = true;
			layer.maxTimes = 4;
		});
		await op.stat('a');
		expect(clock.slept).toEqual([150, 350, 400, 400]);
	});

	it('keeps all tries within the deadline of the call', async () => {
		const { engine, op } = retry(failing(9, passing));
		const error = await rejection(op.stat('a', { timeoutMs: 3500 }));
		expect(error.code).toBe('Timeout');
		expect(engine.options.map((options) => options?.timeoutMs)).toEqual([3500, 2500, 500]);
		expect(refusal(() => op.statSync('a', { timeoutMs: 500 })).code).toBe('Timeout');
	});

	it('stops waiting when the signal says so', async () => {
		const controller = new AbortController();
		const { engine, op } = retry(() => {
			controller.abort();
			throw passing;
		});
		expect((await rejection(op.stat('a', { signal: controller.signal }))).code).toBe('Cancelled');
		expect(refusal(() => op.statSync('a', { signal: controller.signal })).code).toBe('Cancelled');
		expect(engine.requests).toHaveLength(2);
	});

	it('refuses values that make no sense', () => {
		const layer = new RetryLayer();
		for (const change of [
			() => {
				layer.factor = 0.5;
			},
			() => {
				layer.maxTimes = -1;
			},
			() => {
				layer.minDelay = Number.NaN;
			},
			() => {
				layer.jitter = 1 as never;
			},
		]) {
			expect(refusal(change).code).toBe('ConfigInvalid');
		}
	});
});

describe('TimeoutLayer', () => {
	it('gives each kind of request its deadline, and keeps a shorter one', async () => {
		const engine = new FakeEngine();
		const layer = new TimeoutLayer();
		const byDefault = fakeOperator(engine).layer(layer.build());
		layer.timeout = 500;
		layer.ioTimeout = 200;
		const op = fakeOperator(engine).layer(layer.build());
		await byDefault.stat('a');
		await byDefault.read('a');
		await op.stat('a');
		op.readSync('a');
		await op.write('a', '');
		await op.stat('a', { timeoutMs: 5 });
		await op.stat('a', { timeoutMs: 5000 });
		expect(engine.ops).toEqual([OP_STAT, OP_READ, OP_STAT, OP_READ, OP_WRITE, OP_STAT, OP_STAT]);
		expect(engine.options.map((options) => options?.timeoutMs)).toEqual([60_000, 10_000, 500, 200, 200, 5, 500]);
		expect(
			refusal(() => {
				layer.timeout = 0;
			}).code,
		).toBe('ConfigInvalid');
	});
});

describe('ConcurrentLimitLayer', () => {
	/** An engine whose requests end when the test says so. */
	const held = () => {
		const ends: (() => void)[] = [];
		const engine = new FakeEngine(() => new Promise((resolve) => ends.push(() => resolve({}))));
		return { engine, ends };
	};
	const turn = () => new Promise(setImmediate);

	it('lets so many pass at a time, in order, over all operators that share it', async () => {
		const { engine, ends } = held();
		const layer = new ConcurrentLimitLayer(2).build();
		const [one, other] = [fakeOperator(engine).layer(layer), fakeOperator(engine).layer(layer)];
		const calls = [one.stat('1'), other.stat('2'), one.stat('3'), other.stat('4')];
		await turn();
		expect(engine.requests.map(({ path }) => path)).toEqual(['1', '2']);
		ends[1]();
		await turn();
		expect(engine.requests.map(({ path }) => path)).toEqual(['1', '2', '3']);
		ends[0]();
		await turn();
		ends[2]();
		ends[3]();
		await Promise.all(calls);
		expect(engine.requests.map(({ path }) => path)).toEqual(['1', '2', '3', '4']);
	});

	it('gives a permit back after a failure', async () => {
		const engine = new FakeEngine(failing(2, lasting));
		const op = fakeOperator(engine).layer(new ConcurrentLimitLayer(1).build());
		await rejection(op.stat('a'));
		refusal(() => op.statSync('a'));
		await op.stat('a');
		op.statSync('a');
	});

	it('lets nobody wait longer than its signal or deadline, and passes the permit on', async () => {
		const { engine, ends } = held();
		const controller = new AbortController();
		const op = fakeOperator(engine).layer(new ConcurrentLimitLayer(1).build());
		const first = op.stat('1');
		const cancelled = rejection(op.stat('2', { signal: controller.signal }));
		const timedOut = rejection(op.stat('3', { timeoutMs: 1 }));
		const last = op.stat('4', { signal: controller.signal }).catch((error: HoldfastError) => error.code);
		const patient = op.stat('5');
		expect((await timedOut).code).toBe('Timeout');
		controller.abort();
		expect((await cancelled).code).toBe('Cancelled');
		expect(await last).toBe('Cancelled');
		ends[0]();
		await first;
		await turn();
		ends[1]();
		await patient;
		expect(engine.requests.map(({ path }) => path)).toEqual(['1', '5']);
	});

	it('refuses a blocking call that could wait for ever', async () => {
		const { engine, ends } = held();
		const op = fakeOperator(engine).layer(new ConcurrentLimitLayer(1).build());
		const first = op.stat('1');
		expect(refusal(() => op.statSync('2'))).toMatchObject({ code: 'RateLimited', retryable: true });
		ends[0]();
		await first;
	});

	it('refuses permits that make no sense', () => {
		for (const permits of [0, -1, Number.NaN, 1.5])
			expect(refusal(() => new ConcurrentLimitLayer(permits)).code).toBe('ConfigInvalid');
		const layer = new ConcurrentLimitLayer(1);
		layer.httpPermits = 5;
		expect(
			refusal(() => {
				layer.httpPermits = 0;
			}).code,
		).toBe('ConfigInvalid');
	});
});

describe('ThrottleLayer', () => {
	const throttled = (bandwidth: number, burst: number, answer?: Answer) => {
		const clock = new FakeClock();
		const engine = new FakeEngine(answer);
		return { clock, engine, op: fakeOperator(engine).layer(new ThrottleLayer(bandwidth, burst, clock).build()) };
	};

	it('lets a burst pass, and then so many bytes per second', async () => {
		const { clock, op } = throttled(100, 200);
		await op.write('a', Buffer.alloc(200));
		expect(clock.slept).toEqual([]);
		await op.write('a', Buffer.alloc(100));
		op.writeSync('a', Buffer.alloc(50));
		expect(clock.slept).toEqual([1000, 500]);
		clock.now += 2000;
		await op.write('a', Buffer.alloc(200));
		expect(clock.slept).toHaveLength(2);
	});

	it('holds back what was read', async () => {
		const { clock, op } = throttled(100, 200, () => ({ bytes: Buffer.alloc(300) }));
		expect(await op.read('a')).toHaveLength(300);
		expect(op.readSync('a')).toHaveLength(300);
		expect(clock.slept).toEqual([1000, 3000]);
	});

	it('refuses a write that could never pass, and does not count it', async () => {
		const { clock, engine, op } = throttled(100, 200);
		expect((await rejection(op.write('a', Buffer.alloc(201)))).code).toBe('RateLimited');
		expect(refusal(() => op.writeSync('a', Buffer.alloc(201))).message).toContain('201');
		await op.write('a', Buffer.alloc(200));
		expect(clock.slept).toEqual([]);
		expect(engine.requests).toHaveLength(1);
	});

	it('does not wait beyond the deadline of a call, and does not count what did not pass', async () => {
		const { clock, engine, op } = throttled(100, 200);
		await op.write('a', Buffer.alloc(200));
		expect((await rejection(op.write('a', Buffer.alloc(100), { timeoutMs: 500 }))).code).toBe('Timeout');
		expect(engine.requests).toHaveLength(1);
		await op.write('a', Buffer.alloc(100));
		expect(clock.slept).toEqual([1000]);
	});

	it('refuses limits that make no sense', () => {
		expect(refusal(() => new ThrottleLayer(0, 1)).code).toBe('ConfigInvalid');
		expect(refusal(() => new ThrottleLayer(1, 0)).code).toBe('ConfigInvalid');
	});
});

describe('LoggingLayer', () => {
	it('writes a line when a request starts and when it ends', async () => {
		const lines: string[] = [];
		const engine = new FakeEngine(failing(1, lasting));
		const op = fakeOperator(engine).layer(new LoggingLayer((line) => lines.push(line)).build());
		await rejection(op.stat('a'));
		op.writeSync('a\nb', 'xyz');
		await op.copy('a', 'b');
		expect(lines).toEqual([
			'operation=stat path="a" started',
			'operation=stat path="a" failed: NotFound: never',
			'operation=write path="a\\nb" started',
			'operation=write path="a\\nb" finished, 0 bytes read, 3 written',
			'operation=copy path="a" target="b" started',
			'operation=copy path="a" target="b" finished, 0 bytes read, 0 written',
		]);
		engine.answer = failing(1, passing);
		refusal(() => op.statSync('a'));
		expect(lines.at(-1)).toContain('failed unexpectedly');
	});
});

describe('CapabilityOverrideLayer', () => {
	it('changes what is declared and what is accepted', async () => {
		const engine = new FakeEngine();
		const op = fakeOperator(engine);
		const layer = new CapabilityOverrideLayer(
			'write=false, writeCanAppend=off,write_total_max_size=700 ,write_multi_max_size=none',
		);
		const limited = op.layer(layer.build());
		expect(limited.capability()).toMatchObject({ write: false, writeCanAppend: false, writeTotalMaxSize: 700n });
		expect(op.capability().write).toBe(true);
		expect((await rejection(limited.write('a', ''))).code).toBe('Unsupported');
		await limited.read('a');
		expect(engine.ops).toEqual([OP_READ]);
	});

	it.each([
		'-read',
		'read',
		'read=1',
		'read=true=false',
		'not_a_capability=false',
		'write_total_max_size=-1',
		'toString=true',
	])('refuses the entry %j, and names it', (entry) => {
		const error = refusal(() => new CapabilityOverrideLayer(`stat=true,${entry}`));
		expect(error.code).toBe('ConfigInvalid');
		expect(error.message).toContain(entry);
	});
});
