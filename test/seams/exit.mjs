// A test host: a stat of the name `exit` ends the worker in the middle of the call; of `stall`, it never comes back.
export function wrapImports(imports, ring) {
	const { path_filestat_get, ...rest } = imports.wasi_snapshot_preview1;
	return {
		...imports,
		wasi_snapshot_preview1: {
			...rest,
			path_filestat_get(directory, lookup, pointer, length, out) {
				const name = ring.bytes.latin1Slice(pointer, pointer + length);
				if (name === 'exit') process.exit(7);
				if (name === 'stall') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
				return path_filestat_get(directory, lookup, pointer, length, out);
			},
		},
	};
}
