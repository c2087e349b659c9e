import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleBehavior } from './bundle.js';
import { expect as portableExpect } from './expect.js';
import * as runner from './runner.js';

// Within the package, so that `holdfast` is this package.
const folder = mkdtempSync(fileURLToPath(new URL('../../../build/portable-', import.meta.url)));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('portable runner', () => {
	it('counts what passes, fails and is skipped, and goes on after a failure', async () => {
		const order: string[] = [];
		runner.describe('outer', () => {
			runner.beforeAll(() => order.push('before'));
			runner.afterAll(() => order.push('after'));
			runner.it('passes', async () => void order.push('passes'));
			runner.it('fails', () => runner.expect(1, 'one').toBe(2));
			runner.it('is skipped', ({ skip }) => skip('no need'));
			runner.describe('inner', () => runner.it('lacks', () => Promise.reject(new Error('no such thing'))));
		});
		runner.describe('broken', () => {
			runner.beforeAll(() => {
				throw new Error('no store');
			});
			runner.it('never runs', () => void order.push('never'));
		});
		const lacks = (error: unknown) => ((error as Error).message === 'no such thing' ? 'not here' : undefined);
		const report = await runner.runCases({ lacks });
		expect(order).toEqual(['before', 'passes', 'after']);
		expect(report).toMatchObject({ passed: 1, failed: 2, skipped: 2 });
		expect(report.failures.map(({ name }) => name)).toEqual(['outer > fails', 'broken']);
		expect(report.failures[0]?.message).toContain('one: 1 should be 2');
		expect(report.skips).toEqual([
			{ name: 'outer > is skipped', message: 'no need' },
			{ name: 'outer > inner > lacks', message: 'not here' },
		]);
	});

	it('has expectations that fail when they should', async () => {
		const claims: [() => unknown, () => unknown][] = [
			[() => portableExpect(1n).toBe(1n), () => portableExpect(1n).toBe(1)],
			[
				() => portableExpect({ a: [1, undefined] }).toEqual({ a: [1, undefined], b: undefined }),
				() => portableExpect([1]).toEqual([1, 2]),
			],
			[
				() => portableExpect(new Set([1])).toEqual(new Set([1])),
				() => portableExpect(new Set([1])).toEqual(new Set([2])),
			],
			[
				() => portableExpect(Buffer.from('a')).toEqual(Buffer.from('a')),
				() => portableExpect(Buffer.from('a')).toEqual(Buffer.from('b')),
			],
			[() => portableExpect([1, 2]).toContain(2), () => portableExpect('ab').toContain('c')],
			[() => portableExpect([1]).not.toContain(2), () => portableExpect([2]).not.toContain(2)],
			[() => portableExpect([1]).toHaveLength(1), () => portableExpect([]).toHaveLength(1)],
			[() => portableExpect('a').toMatch(/a/), () => portableExpect('a').toMatch(/b/)],
			[() => portableExpect(2).toBeGreaterThan(1), () => portableExpect(1).toBeGreaterThan(1)],
			[() => portableExpect(1).toBeLessThanOrEqual(1), () => portableExpect(2).toBeLessThanOrEqual(1)],
			[() => portableExpect(new Error()).toBeInstanceOf(Error), () => portableExpect({}).toBeInstanceOf(Error)],
			[() => portableExpect(null).toBeNull(), () => portableExpect(undefined).toBeNull()],
			[() => portableExpect('').toBeTypeOf('string'), () => portableExpect('').toBeTypeOf('number')],
			[
				() => portableExpect(Promise.reject(new Error('enough'))).rejects.toThrow('enough'),
				() => portableExpect(Promise.resolve(1)).rejects.toThrow('enough'),
			],
			[
				() => portableExpect(Promise.resolve()).resolves.toBeUndefined(),
				() => portableExpect(Promise.resolve(1)).resolves.toBeUndefined(),
			],
		];
		for (const [good, bad] of claims) {
			await good();
			await expect((async () => bad())(), String(bad)).rejects.toThrow(/should/);
		}
		let count = 0;
		await portableExpect.poll(() => ++count).toBe(3);
		expect(() => portableExpect.fail('here')).toThrow('here');
	});

	it('runs the behaviour suite as a program, over the built package', async () => {
		const outfile = join(folder, 'behavior.mjs');
		await bundleBehavior('command.ts', { outfile });
		const output = execFileSync(process.execPath, [outfile, 'memory'], {
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'ignore'],
		});
		const { memory } = JSON.parse(output) as Record<string, runner.Report>;
		expect(memory?.failures).toEqual([]);
		expect(memory?.passed).toBeGreaterThan(500);
	}, 900_000);
});
