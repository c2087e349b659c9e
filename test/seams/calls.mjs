/** Where the paths stand among the values of a call: each is a pointer, and the length follows. */
const PATHS = {
	path_open: [2],
	path_filestat_get: [2],
	file_read: [1],
	path_create_directory: [1],
	path_remove_directory: [1],
	path_unlink_file: [1],
	path_rename: [1, 4],
	path_link: [2, 5],
};

/** The paths that a call names, as byte strings. */
export function pathsOf(name, values, ring) {
	return (PATHS[name] ?? []).map((at) => ring.bytes.latin1Slice(values[at] >>> 0, (values[at] >>> 0) + values[at + 1]));
}

/** The imports with what `wrap(name, call)` makes of each call. */
export function wrapCalls(imports, wrap) {
	return Object.fromEntries(
		Object.entries(imports).map(([module, calls]) => [
			module,
			Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, wrap(name, call)])),
		]),
	);
}

/** The imports with one of their calls replaced; unchanged when there is no such call. */
export function replaceCall(imports, name, replace) {
	return wrapCalls(imports, (other, call) => (other === name ? replace(call) : call));
}
