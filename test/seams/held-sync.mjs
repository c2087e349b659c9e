// A disk that does not answer an fsync for as long as a file is there. The query of the module's URL has its path.
import { existsSync } from 'node:fs';

const hold = new URL(import.meta.url).searchParams.get('hold');
const pause = new Int32Array(new SharedArrayBuffer(4));

export function wrapImports(imports) {
	const { wasi_snapshot_preview1: calls } = imports;
	const fd_sync = (fd) => {
		while (existsSync(hold)) Atomics.wait(pause, 0, 0, 5);
		return calls.fd_sync(fd);
	};
	return { ...imports, wasi_snapshot_preview1: { ...calls, fd_sync } };
}
