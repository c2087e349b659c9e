const HEADER_BYTES = 8;
const EXPORT_SECTION = 7;

/** A WebAssembly module with other names for its exports; every name of the table must be there. */
export function renameExports(module, names) {
	const missing = new Set(Object.keys(names));
	const parts = [module.subarray(0, HEADER_BYTES)];
	for (let at = HEADER_BYTES; at < module.length; ) {
		const [length, start] = readNumber(module, at + 1);
		const content = module.subarray(start, start + length);
		if (module[at] === EXPORT_SECTION) {
			const renamed = renameSection(content, names, missing);
			parts.push(Buffer.from([EXPORT_SECTION]), number(renamed.length), renamed);
		} else {
			parts.push(module.subarray(at, start + length));
		}
		at = start + length;
	}
	if (missing.size > 0) throw new Error(`the module does not export ${[...missing].join(', ')}`);
	return Buffer.concat(parts);
}

function renameSection(section, names, missing) {
	let [count, at] = readNumber(section, 0);
	const parts = [number(count)];
	for (; count > 0; count--) {
		const [length, start] = readNumber(section, at);
		const name = section.subarray(start, start + length).toString('utf8');
		missing.delete(name);
		const renamed = Buffer.from(names[name] ?? name, 'utf8');
		const [, end] = readNumber(section, start + length + 1);
		// Kind and index stay.
		parts.push(number(renamed.length), renamed, section.subarray(start + length, end));
		at = end;
	}
	return Buffer.concat(parts);
}

/** An unsigned LEB128 number, and where it ends. */
function readNumber(bytes, at) {
	let value = 0;
	for (let shift = 0; ; shift += 7, at++) {
		value += (bytes[at] & 0x7f) * 2 ** shift;
		if (bytes[at] < 0x80) return [value, at + 1];
	}
}

function number(value) {
	const bytes = [];
	for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80);
	return Buffer.from([...bytes, value]);
}
