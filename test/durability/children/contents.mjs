import { createHash } from 'node:crypto';

// Content that says what it is and whether it is whole: who reads it needs to know nothing else.

/** Bytes of one version of a name: a header, filler of a length that follows from the version, and a digest of both. */
export function contentOf(name, version) {
	const length = version % 7 === 0 ? 300_000 + version : (version * 977) % 20_000;
	const head = `${name} ${version} ${length}\n`;
	const filler = Buffer.alloc(length, `${name}${version}.`);
	return Buffer.concat([Buffer.from(head), filler, digestOf(head, filler)]);
}

/** The version of some content of that name; throws what is wrong with it. */
export function versionIn(name, bytes) {
	const end = bytes.indexOf(10);
	const [found, version] = bytes.toString('latin1', 0, Math.max(end, 0)).split(' ');
	if (end < 0 || found !== name)
		throw new Error(`${name}: no header in ${bytes.length} bytes (${JSON.stringify(bytes.toString('latin1', 0, 40))})`);
	if (!bytes.equals(contentOf(name, Number(version))))
		throw new Error(`${name}: version ${version} is torn (${bytes.length} bytes)`);
	return Number(version);
}

/** One record of a log: a line that begins with its author, number and length, and ends with the same. */
export function recordOf(author, number, longest) {
	const length = (number * 7919 + author.length * 31) % longest;
	const mark = `<${author}:${number}:${length}>`;
	return Buffer.from(`${mark}${'x'.repeat(length)}${mark}\n`);
}

/** Author and number of every record; throws at the first that is torn or mixed. */
export function recordsIn(bytes) {
	const found = [];
	for (let at = 0; at < bytes.length; ) {
		const head = /^<([^:>]+):(\d+):(\d+)>/.exec(bytes.toString('latin1', at, at + 80));
		if (head === null)
			throw new Error(
				`torn at byte ${at} of ${bytes.length}: ${JSON.stringify(bytes.toString('latin1', at, at + 60))}`,
			);
		const [mark, author, number, length] = head;
		const end = at + 2 * mark.length + Number(length) + 1;
		if (bytes.toString('latin1', end - 1 - mark.length, end) !== `${mark}\n`) {
			throw new Error(`record ${mark} at byte ${at} of ${bytes.length} has no end`);
		}
		found.push({ author, number: Number(number) });
		at = end;
	}
	return found;
}

function digestOf(head, filler) {
	return Buffer.from(createHash('sha256').update(head).update(filler).digest('hex'));
}
