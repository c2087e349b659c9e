// What a pool costs that has nothing to do: CPU over ten seconds, resident memory, and the time to the first answer.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { machine, save } from './harness.mjs';

const IDLE_MS = 10_000;
const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) / 1024;
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const idleCpuMs = async () => {
	const before = process.cpuUsage();
	await sleep(IDLE_MS);
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1000;
};

console.log(machine());
try {
	await sleep(500);
	globalThis.gc?.();
	const bareMb = resident();
	const bareCpuMs = await idleCpuMs();
	const started = process.hrtime.bigint();
	const op = new Operator('fs', { root, workers: 1, durability: 'none' });
	await op.exists('x');
	const firstMs = Number(process.hrtime.bigint() - started) / 1e6;
	await Promise.all(Array.from({ length: 1000 }, (_, index) => op.write(`f${index % 10}`, 'x')));
	await sleep(6000);
	globalThis.gc?.();
	const poolMb = resident();
	const poolCpuMs = await idleCpuMs();
	console.log(`\nfirst answer after new Operator      ${firstMs.toFixed(1)} ms (target 80)`);
	console.log(`CPU over ${IDLE_MS / 1000} s, bare Node            ${bareCpuMs.toFixed(1)} ms`);
	console.log(`CPU over ${IDLE_MS / 1000} s, idle pool            ${poolCpuMs.toFixed(1)} ms`);
	console.log(`resident memory above bare Node      ${(poolMb - bareMb).toFixed(1)} MiB (target 40)`);
	save('idle', [{ firstMs, bareCpuMs, poolCpuMs, residentMb: poolMb - bareMb }]);
	await op.close();
} finally {
	rmSync(root, { recursive: true, force: true });
}
