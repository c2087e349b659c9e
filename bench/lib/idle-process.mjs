// One sample of `idle.mjs`: `node idle-process.mjs SIDE ROOT` prints what this process costs while it does nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMib } from './usage.mjs';

const IDLE_MS = 10_000;
const FRESH_MS = 1000;
/** A lane that is idle for this long has ended its threads. */
const SETTLE_MS = 6000;
const WRITES = 1000;

/** Each opens its store and has one answer; gives the milliseconds to that, a small write, and something that ends it. */
const SIDES = {
	async bare() {
		return {};
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
await settle(FRESH_MS);
const fresh = residentMib();
if (write) await Promise.all(Array.from({ length: WRITES }, (_, index) => write(`f${index % 10}`)));
await settle(SETTLE_MS);
const before = process.cpuUsage();
await sleep(IDLE_MS);
const { user, system } = process.cpuUsage(before);
const used = residentMib();
console.log(JSON.stringify({ firstMs, idleCpuMs: (user + system) / 1000, residentMib: fresh, usedMib: used }));
await end?.();

/** Node gives back what it gives back. */
async function settle(milliseconds) {
	await sleep(milliseconds);
	globalThis.gc();
}
