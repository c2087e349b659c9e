import type { HoldfastError } from 'holdfast';

export type Code = HoldfastError['code'];

/**
 * What the model says about a call: it gives a value, or it fails with one of these codes. Where semantics.md leaves the
 * choice, `mayPass` says that the call may also succeed, with the value; the state is the same either way.
 */
export type Verdict = { value: unknown } | { codes: readonly Code[]; mayPass?: { value: unknown } };

export interface Range {
	offset?: number;
	size?: number;
	suffix?: number;
}

export interface ListOptions {
	recursive?: boolean;
	startAfter?: string;
	limit?: number;
}

interface Place {
	/** Components joined by single slashes; `''` is the root. */
	readonly key: string;
	/** Only a directory will do. */
	readonly isDirectory: boolean;
}

const NOTHING: Verdict = { value: undefined };

/** semantics.md as a program over two collections. Nothing in it knows how the real thing works. */
export class OperatorModel {
	readonly files = new Map<string, Buffer>();
	readonly directories = new Set<string>(['']);

	stat(path: string): Verdict {
		const place = parse(path);
		if (place === null) return fails('InvalidPath');
		if (this.directories.has(place.key)) return { value: 'directory' };
		const content = this.files.get(place.key);
		if (content === undefined || place.isDirectory) return fails('NotFound');
		return { value: `file of ${content.length}` };
	}

	exists(path: string): Verdict {
		const verdict = this.stat(path);
		if ('value' in verdict) return { value: true };
		return verdict.codes[0] === 'NotFound' ? { value: false } : verdict;
	}

	read(path: string, range: Range): Verdict {
		const place = parse(path);
		if (place === null) return fails('InvalidPath');
		const content = this.files.get(place.key);
		if (this.directories.has(place.key)) return fails('IsADirectory');
		if (place.isDirectory) return fails('IsADirectory', 'NotFound', 'NotADirectory');
		if (content === undefined) return fails('NotFound');
		if (range.suffix !== undefined) return { value: content.subarray(Math.max(content.length - range.suffix, 0)) };
		const offset = range.offset ?? 0;
		if (range.size === undefined) return { value: content.subarray(offset) };
		if (offset + range.size > content.length) return fails('RangeNotSatisfied');
		return { value: content.subarray(offset, offset + range.size) };
	}

	write(path: string, content: Buffer, mode: 'replace' | 'append' | 'ifNotExists'): Verdict {
		const place = parse(path);
		if (place === null) return fails('InvalidPath');
		const codes = this.#targetFaults(place);
		if (mode === 'ifNotExists' && this.#has(place.key)) codes.add('ConditionNotMatch');
		if (codes.size > 0) return fails(...codes);
		const before = mode === 'append' ? this.files.get(place.key) : undefined;
		this.#put(place.key, before === undefined ? content : Buffer.concat([before, content]));
		return { value: `file of ${this.files.get(place.key)?.length}` };
	}

	createDir(path: string): Verdict {
		const place = parse(path);
		if (place === null) return fails('InvalidPath');
		if (!place.isDirectory) return fails('NotADirectory');
		if (this.files.has(place.key)) return fails('NotADirectory', 'AlreadyExists');
		if (this.#isBelowFile(place.key)) return fails('NotADirectory');
		this.#makeDirectory(place.key);
		return NOTHING;
	}

	delete(path: string, recursive: boolean): Verdict {
		const place = parse(path);
		if (place === null) return fails('InvalidPath');
		if (this.files.has(place.key)) {
			if (place.isDirectory) return { codes: ['NotADirectory', 'NotFound'], mayPass: NOTHING as { value: unknown } };
			this.files.delete(place.key);
			return NOTHING;
		}
		if (!this.directories.has(place.key)) return NOTHING;
		if (!recursive && this.isFull(place.key)) return fails('NotEmpty');
		this.#clear(place.key);
		if (place.key !== '') this.directories.delete(place.key);
		return NOTHING;
	}

	removeAll(path: string): Verdict {
		return this.delete(path, true);
	}

	list(path: string, options: ListOptions): Verdict {
		const place = parse(path);
		if (place === null) return fails('InvalidPath');
		const found = place.isDirectory ? this.#under(place.key, options) : this.#beginning(place.key, options);
		const { startAfter } = options;
		const paths = found.filter((each) => startAfter === undefined || each > startAfter).sort();
		const isFile = place.isDirectory && this.files.has(place.key);
		return isFile ? { codes: ['NotADirectory'], mayPass: { value: paths } } : { value: paths };
	}

	transfer(method: 'copy' | 'rename', from: string, to: string, ifNotExists: boolean): Verdict {
		const [source, target] = [parse(from), parse(to)];
		if (source === null || target === null) return fails('InvalidPath');
		const codes = this.#targetFaults(target);
		const content = this.files.get(source.key);
		if (this.directories.has(source.key)) codes.add('IsADirectory');
		else if (source.isDirectory) codes.add('IsADirectory').add('NotFound');
		else if (content === undefined) codes.add('NotFound');
		if (source.key === target.key) codes.add('IsSameFile');
		if (ifNotExists && this.#has(target.key)) codes.add('ConditionNotMatch');
		if (content === undefined || codes.size > 0) return fails(...codes);
		if (method === 'rename') this.files.delete(source.key);
		this.#put(target.key, content);
		return NOTHING;
	}

	/** Every path there is, ordered, as a recursive listing of the root gives them. */
	everything(): string[] {
		return this.#under('', { recursive: true }).sort();
	}

	/** Whether a path leads to a directory with something in it. */
	isFull(path: string): boolean {
		const key = parse(path)?.key ?? '';
		const prefix = key === '' ? '' : `${key}/`;
		return [...this.files.keys(), ...this.directories].some((each) => each !== key && each.startsWith(prefix));
	}

	/** Whether the directory in which a path stands exists; true for a path that is refused. */
	hasParent(path: string): boolean {
		const place = parse(path);
		return place === null || this.directories.has(parentOf(place.key));
	}

	/** Whether something else begins like a path that has no slash at its end: what a prefix means is then left open. */
	isPrefix(path: string): boolean {
		const key = parse(path)?.key ?? '';
		return [...this.files.keys(), ...this.directories].some(
			(each) => each.startsWith(key) && each !== key && !each.startsWith(`${key}/`),
		);
	}

	/** Why nothing can be written at a place; several reasons are equally good. */
	#targetFaults(place: Place): Set<Code> {
		const codes = new Set<Code>();
		if (place.isDirectory || this.directories.has(place.key)) codes.add('IsADirectory');
		if (this.#isBelowFile(place.key)) codes.add('NotADirectory');
		return codes;
	}

	#has(key: string): boolean {
		return this.files.has(key) || this.directories.has(key);
	}

	#put(key: string, content: Buffer): void {
		this.#makeDirectory(parentOf(key));
		this.files.set(key, content);
	}

	#makeDirectory(key: string): void {
		for (let each = key; each !== ''; each = parentOf(each)) this.directories.add(each);
	}

	#isBelowFile(key: string): boolean {
		for (let each = parentOf(key); each !== ''; each = parentOf(each)) if (this.files.has(each)) return true;
		return false;
	}

	#clear(key: string): void {
		const prefix = key === '' ? '' : `${key}/`;
		for (const each of [...this.files.keys()]) if (each.startsWith(prefix)) this.files.delete(each);
		for (const each of [...this.directories]) if (each !== '' && each.startsWith(prefix)) this.directories.delete(each);
	}

	/** A directory itself and what is in it. */
	#under(key: string, options: ListOptions): string[] {
		if (!this.directories.has(key)) return [];
		const children = this.#entries().filter(([each]) => {
			if (each === '') return false;
			return options.recursive ? key === '' || each.startsWith(`${key}/`) : parentOf(each) === key;
		});
		return [key === '' ? '/' : `${key}/`, ...children.map(([, path]) => path)];
	}

	/** What begins with a path, in its directory or also below. */
	#beginning(key: string, options: ListOptions): string[] {
		return this.#entries()
			.filter(([each]) => each !== '' && each.startsWith(key))
			.filter(([each]) => options.recursive || parentOf(each) === parentOf(key))
			.map(([, path]) => path);
	}

	#entries(): [key: string, path: string][] {
		return [
			...[...this.files.keys()].map((key): [string, string] => [key, key]),
			...[...this.directories].map((key): [string, string] => [key, `${key}/`]),
		];
	}
}

function fails(...codes: Code[]): Verdict {
	return { codes };
}

/** Null when a path is refused by every method. */
function parse(path: string): Place | null {
	if (path.includes('\0')) return null;
	const components = path.split('/').filter((component) => component !== '');
	if (components.includes('..')) return null;
	return { key: components.join('/'), isDirectory: components.length === 0 || path.endsWith('/') };
}

function parentOf(key: string): string {
	const slash = key.lastIndexOf('/');
	return slash < 0 ? '' : key.slice(0, slash);
}
