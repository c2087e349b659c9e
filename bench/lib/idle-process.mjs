// One sample of `idle.mjs`: `node idle-process.mjs SIDE ROOT` prints what this process costs while it does nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { residentMib } from './usage.mjs';

const IDLE_MS = 10_000;
const FRESH_MS = 1000;
/**
 * A lane that is idle for this long has ended its threads. And V8 has done what it does once, 8 s after a collection that found a larger
 * heap than the one before: it compacts, for some 40 ms. Collections are asked for here only to see how much memory is in use; one that
 * was asked for when the time begins in which nothing is done was all the CPU that was measured there, of every side that had allocated.
 */
const SETTLE_MS = 12_000;
const WRITES = 1000;

/** Each opens its store and has one answer; gives the milliseconds to that, a small write, and something that ends it. */
const SIDES = {
	async bare() {
		return {};
	},
	/** No pool at all: what the same writes leave to the collector, and what Node's own threads do afterwards. */
	async node(root) {
		const { stat, writeFile } = await import('node:fs/promises');
		const started = performance.now();
		await stat(root);
		const firstMs = performance.now() - started;
		return { firstMs, write: (path) => writeFile(`${root}/${path}`, 'x') };
	},
	async holdfast(root) {
		// What loading the package takes is not the pool's; the first answer counts from `new`.
		const { Operator } = await import('holdfast');
		const started = performance.now();
		const op = new Operator('fs', { root, workers: 1 });
		await op.exists('x');
		const firstMs = performance.now() - started;
		return { firstMs, write: (path) => op.write(path, 'x', { durability: 'none' }), end: () => op.close() };
	},
	async opendal(root) {
		const { openOpendal } = await import('./peers.mjs');
		const started = performance.now();
		const op = openOpendal(root);
		await op.exists('x');
		const firstMs = performance.now() - started;
		return { firstMs, write: (path) => op.write(path, 'x') };
	},
	async piscina(root) {
		const { openPiscina } = await import('./peers.mjs');
		const started = performance.now();
		const pool = openPiscina();
		await pool.run(root, { name: 'stat' });
		const firstMs = performance.now() - started;
		const write = (path) => pool.run(`${root}/${path}`, { name: 'writeFile' });
		return { firstMs, write, end: () => pool.destroy() };
	},
};

const [side, root] = process.argv.slice(2);
const { firstMs, write, end } = await SIDES[side](root);
await sleep(FRESH_MS);
// Not before: in a process that is started with `--expose-gc` Node's own compiled code does not fit the flags, and a thread takes twice as long to start.
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
gc();
const fresh = residentMib();
if (write) await Promise.all(Array.from({ length: WRITES }, (_, index) => write(`f${index % 10}`)));
await sleep(SETTLE_MS);
const before = process.cpuUsage();
await sleep(IDLE_MS);
const { user, system } = process.cpuUsage(before);
gc();
await sleep(FRESH_MS);
const used = residentMib();
console.log(JSON.stringify({ firstMs, idleCpuMs: (user + system) / 1000, residentMib: fresh, usedMib: used }));
await end?.();
