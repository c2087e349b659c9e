import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Change, Operator, type Watch } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusal, rejection } from './refusal.js';

let root: string;
let op: Operator;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), 'holdfast-watch-'));
	op = new Operator('fs', { root, workers: 1 });
});
afterEach(async () => {
	await op.close();
	rmSync(root, { recursive: true, force: true });
});

const shown = ({ kind, path }: Change) => `${kind} ${path}`;

/** Takes changes until one is the last that is waited for. */
async function until(watch: Watch, last: string): Promise<string[]> {
	const seen: string[] = [];
	for await (const change of watch) {
		seen.push(shown(change));
		if (seen.at(-1) === last) return seen;
	}
	return expect.fail(`It ended after ${seen.join(', ')}.`);
}

describe('Operator.watch()', () => {
	it('tells what this library and other programs write and remove', async () => {
		const watch = op.watch('');
		await watch.ready;
		await op.write('mine', 'x');
		writeFileSync(join(root, 'theirs'), 'y');
		await op.write('last', '');
		expect(new Set(await until(watch, 'changed last'))).toEqual(
			new Set(['changed mine', 'changed theirs', 'changed last']),
		);
		const again = op.watch('');
		await again.ready;
		await op.delete('mine');
		await op.write('end', '');
		expect(await until(again, 'changed end')).toEqual(['removed mine', 'changed end']);
	});

	it('gives what is there now with a change', async () => {
		const watch = op.watch('');
		await watch.ready;
		await op.write('file', 'four');
		for await (const { entry } of watch) {
			expect(entry?.metadata().contentLength).toBe(4n);
			break;
		}
	});

	it('sees into directories that are there, that are made, and that come with content', async () => {
		await op.createDir('a/b/');
		const watch = op.watch('');
		await watch.ready;
		await op.write('a/b/deep', 'x');
		mkdirSync(join(root, 'elsewhere/below'), { recursive: true });
		writeFileSync(join(root, 'elsewhere/below/file'), '');
		renameSync(join(root, 'elsewhere'), join(root, 'moved'));
		const seen = await until(watch, 'changed moved/below/file');
		expect(seen).toContain('changed a/b/deep');
		expect(seen).toContain('changed moved/');
		expect(seen).toContain('changed moved/below/');
	});

	it('tells a removed directory once, and sees it again when it comes back', async () => {
		await op.write('d/e/f', 'x');
		const watch = op.watch('');
		await watch.ready;
		rmSync(join(root, 'd'), { recursive: true });
		const iterator = watch[Symbol.asyncIterator]();
		const first = await iterator.next();
		const seen = [shown(first.value as Change)];
		await op.write('d/e/g', 'x');
		while (seen.at(-1) !== 'changed d/e/g') seen.push(shown((await iterator.next()).value as Change));
		expect(seen.filter((change) => change.startsWith('removed d'))).not.toHaveLength(0);
		await iterator.return(undefined);
	});

	it('watches a directory or a prefix, and nothing beside it', async () => {
		await op.createDir('in/');
		const [directory, prefix] = [op.watch('in/'), op.watch('in/a')];
		await Promise.all([directory.ready, prefix.ready]);
		for (const path of ['out', 'in/b', 'in/ab', 'inner']) await op.write(path, '');
		await op.write('in/az', '');
		expect(await until(directory, 'changed in/az')).toEqual(['changed in/b', 'changed in/ab', 'changed in/az']);
		expect(await until(prefix, 'changed in/az')).toEqual(['changed in/ab', 'changed in/az']);
	});

	it('says nothing about symlinks and temporary files', async () => {
		const watch = op.watch('');
		await watch.ready;
		symlinkSync('/etc', join(root, 'link'));
		const writer = await op.writer('file');
		await writer.write('x');
		await writer.close();
		expect(await until(watch, 'changed file')).toEqual(['changed file']);
	});

	it('never looks behind a symlink, and follows one to the directory that it is asked for where that is allowed', async () => {
		const outside = mkdtempSync(join(tmpdir(), 'holdfast-watch-outside-'));
		mkdirSync(join(root, 'real'));
		for (const [name, target] of [
			['out', outside],
			['in', 'real'],
			['real/circle', '..'],
		]) {
			symlinkSync(target, join(root, name));
		}
		expect((await rejection(op.watch('out/').ready)).code).toBe('InvalidPath');
		expect((await rejection(op.watch('in/').ready)).code).toBe('InvalidPath');
		await using within = new Operator('fs', { root, workers: 1, symlinks: 'within' });
		expect((await rejection(within.watch('out/').ready)).code).toBe('InvalidPath');
		const [all, behind] = [within.watch(''), within.watch('in/')];
		await Promise.all([all.ready, behind.ready]);
		writeFileSync(join(outside, 'secret'), '');
		writeFileSync(join(root, 'real/file'), '');
		writeFileSync(join(root, 'last'), '');
		expect(await until(behind, 'changed in/file')).toEqual(['changed in/file']);
		expect(await until(all, 'changed last')).toEqual(['changed real/file', 'changed last']);
		rmSync(outside, { recursive: true });
	});

	it('ends with its directory, after saying so', async () => {
		await op.createDir('gone/');
		const watch = op.watch('gone/');
		await watch.ready;
		rmSync(join(root, 'gone'), { recursive: true });
		const seen: string[] = [];
		for await (const change of watch) seen.push(shown(change));
		expect(seen).toEqual(['removed gone/']);
	});

	it('ends by its signal, by close of the operator, by leaving it, and holds nothing then', async () => {
		await op.createDir('a/b/c/');
		const descriptors = () => readdirSync('/proc/self/fd').length;
		const early = op.watch('', { signal: AbortSignal.abort() });
		expect((await rejection(until(early, 'never'))).code).toBe('Cancelled');
		const controller = new AbortController();
		const watch = op.watch('', { signal: controller.signal });
		const waiting = rejection(until(watch, 'never'));
		await watch.ready;
		const open = descriptors();
		controller.abort();
		expect((await waiting).code).toBe('Cancelled');
		const left = op.watch('');
		await left.ready;
		left.close();
		for await (const _ of left) expect.fail('It gave something after close.');
		expect(descriptors()).toBeLessThanOrEqual(open);
		const closing = op.watch('');
		const ended = rejection(until(closing, 'never'));
		await closing.ready;
		await op.close();
		expect((await ended).code).toBe('Closed');
	});

	it('is refused where there is nothing to watch', async () => {
		expect((await rejection(op.watch('missing/').ready)).code).toBe('NotFound');
		expect(refusal(() => op.watch('../')).code).toBe('InvalidPath');
		await using memory = new Operator('memory');
		expect(refusal(() => memory.watch('')).code).toBe('Unsupported');
	});

	it('a consumer that is too slow is told to list', async () => {
		const watch = op.watch('');
		await watch.ready;
		const iterator = watch[Symbol.asyncIterator]();
		for (let index = 0; index < 10_050; index++) writeFileSync(join(root, `f${index}`), '');
		await expect.poll(async () => ((await iterator.next()).value as Change).kind, { interval: 0 }).toBe('overflow');
		await iterator.return(undefined);
	});
});
