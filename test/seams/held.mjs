// A host that does not answer some calls for as long as the test says so. The query of this module's URL has the path of a directory,
// `holds`. A file in it holds the calls that it names: `<name of the import> <pattern of the last path that it names>`. Beside it a
// file with `.reached` behind its name says that there is such a call.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathsOf, wrapCalls } from './calls.mjs';

const holds = new URL(import.meta.url).searchParams.get('holds');
const pause = new Int32Array(new SharedArrayBuffer(4));

/** The file that holds a call, if there is one. */
function holdOf(name, path) {
	return readdirSync(holds).find((file) => {
		if (file.endsWith('.reached')) return false;
		try {
			const [call, pattern] = readFileSync(join(holds, file), 'utf8').split(' ', 2);
			return call === name && new RegExp(pattern).test(path);
		} catch (error) {
			// It has been released.
			if (error.code !== 'ENOENT') throw error;
			return false;
		}
	});
}

export function wrapImports(imports, ring) {
	const wrap =
		(name, call) =>
		(...values) => {
			const path = pathsOf(name, values, ring).at(-1) ?? '';
			for (let hold = holdOf(name, path); hold !== undefined; hold = holdOf(name, path)) {
				writeFileSync(join(holds, `${hold}.reached`), '');
				Atomics.wait(pause, 0, 0, 5);
			}
			return call(...values);
		};
	return wrapCalls(imports, wrap);
}
