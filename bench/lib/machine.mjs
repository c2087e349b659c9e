// Where and with what the figures were taken: they mean nothing without that.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

const PEERS = ['opendal', 'piscina', 'unstorage'];
const require = createRequire(import.meta.url);

/** Processor, cores, memory, kernel, file system of `root`, and the versions of all that was measured. */
export function machine(root) {
	return {
		processor: cpus()[0]?.model.trim() ?? 'unknown processor',
		cores: availableParallelism(),
		memoryGib: Math.round(totalmem() / 2 ** 30),
		kernel: `Linux ${release()}`,
		fileSystem: root === undefined ? undefined : fileSystemOf(root),
		versions: {
			holdfast: versionIn('../../package.json'),
			node: process.version.slice(1),
			...Object.fromEntries(PEERS.map((name) => [name, versionIn(`../../node_modules/${name}/package.json`)])),
		},
	};
}

/** One line for people. */
export function describe({ processor, cores, memoryGib, kernel, fileSystem, versions }) {
	const place = [processor, `${cores} cores`, `${memoryGib} GiB`, kernel, fileSystem].filter(Boolean).join(', ');
	return `${place}; ${Object.entries(versions)
		.map(([name, version]) => `${name} ${version}`)
		.join(', ')}`;
}

function versionIn(path) {
	return require(path).version;
}

/** The longest mount point that the path begins with says it. */
function fileSystemOf(root) {
	let best = { point: '', type: undefined };
	for (const line of readFileSync('/proc/self/mounts', 'latin1').split('\n')) {
		const [, point, type] = line.split(' ');
		if (point === undefined || point.length < best.point.length) continue;
		if (point === '/' || root === point || root.startsWith(`${point}/`)) best = { point, type };
	}
	return best.type;
}
