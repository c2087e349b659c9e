import {
	ERRNO_EXIST,
	ERRNO_INVAL,
	ERRNO_ISDIR,
	ERRNO_NOENT,
	ERRNO_NOTDIR,
	ERRNO_NOTEMPTY,
	ERRNO_PERM,
} from '#assembly/layout';

export class ModelFile {
	bytes = new Uint8Array(0);

	resize(size: number): void {
		const bytes = new Uint8Array(size);
		bytes.set(this.bytes.subarray(0, size));
		this.bytes = bytes;
	}

	write(bytes: Uint8Array, position: number): void {
		if (position + bytes.length > this.bytes.length) this.resize(position + bytes.length);
		this.bytes.set(bytes, position);
	}
}

export class ModelDirectory {
	/** In the order in which the names were made. */
	readonly entries = new Map<string, ModelNode>();
}

export type ModelNode = ModelFile | ModelDirectory;

interface Place {
	parent: ModelDirectory;
	name: string;
	node: ModelNode | undefined;
}

/** The simplest thing that behaves as a tree of files should: maps, and answers in errnos. */
export class TreeModel {
	readonly root = new ModelDirectory();

	/** The file of that name, made when `create`; a negated errno otherwise. */
	file(path: string, create: boolean): ModelFile | number {
		const place = this.#find(path);
		if (typeof place === 'number') return place;
		if (place.node instanceof ModelDirectory) return -ERRNO_ISDIR;
		if (place.node !== undefined) return place.node;
		if (!create) return -ERRNO_NOENT;
		const file = new ModelFile();
		place.parent.entries.set(place.name, file);
		return file;
	}

	createDirectory(path: string): number {
		const place = this.#find(path);
		if (typeof place === 'number') return place;
		if (place.node !== undefined) return -ERRNO_EXIST;
		place.parent.entries.set(place.name, new ModelDirectory());
		return 0;
	}

	removeDirectory(path: string): number {
		const place = this.#find(path);
		if (typeof place === 'number') return place;
		if (place.node === undefined) return -ERRNO_NOENT;
		if (!(place.node instanceof ModelDirectory)) return -ERRNO_NOTDIR;
		if (place.node.entries.size > 0) return -ERRNO_NOTEMPTY;
		place.parent.entries.delete(place.name);
		return 0;
	}

	unlink(path: string): number {
		const place = this.#find(path);
		if (typeof place === 'number') return place;
		if (place.node === undefined) return -ERRNO_NOENT;
		if (place.node instanceof ModelDirectory) return -ERRNO_ISDIR;
		place.parent.entries.delete(place.name);
		return 0;
	}

	rename(sourcePath: string, targetPath: string): number {
		const source = this.#find(sourcePath);
		if (typeof source === 'number') return source;
		const target = this.#find(targetPath);
		if (typeof target === 'number') return target;
		if (source.node === undefined) return -ERRNO_NOENT;
		if (source.node === target.node) return 0;
		if (source.node instanceof ModelDirectory) {
			if (targetPath.startsWith(`${sourcePath}/`)) return -ERRNO_INVAL;
			if (target.node instanceof ModelFile) return -ERRNO_NOTDIR;
			if (target.node !== undefined && target.node.entries.size > 0) return -ERRNO_NOTEMPTY;
		} else if (target.node instanceof ModelDirectory) {
			return -ERRNO_ISDIR;
		}
		target.parent.entries.set(target.name, source.node);
		source.parent.entries.delete(source.name);
		return 0;
	}

	link(sourcePath: string, targetPath: string): number {
		const source = this.#find(sourcePath);
		if (typeof source === 'number') return source;
		const target = this.#find(targetPath);
		if (typeof target === 'number') return target;
		if (source.node === undefined) return -ERRNO_NOENT;
		if (source.node instanceof ModelDirectory) return -ERRNO_PERM;
		if (target.node !== undefined) return -ERRNO_EXIST;
		target.parent.entries.set(target.name, source.node);
		return 0;
	}

	/** Names in a directory, or a negated errno. */
	list(path: string): string[] | number {
		if (path === '') return [...this.root.entries.keys()];
		const place = this.#find(path);
		if (typeof place === 'number') return place;
		if (place.node === undefined) return -ERRNO_NOENT;
		return place.node instanceof ModelDirectory ? [...place.node.entries.keys()] : -ERRNO_NOTDIR;
	}

	#find(path: string): Place | number {
		const names = path.split('/');
		const name = names.pop() as string;
		let parent = this.root;
		for (const step of names) {
			const next = parent.entries.get(step);
			if (next === undefined) return -ERRNO_NOENT;
			if (!(next instanceof ModelDirectory)) return -ERRNO_NOTDIR;
			parent = next;
		}
		return { parent, name, node: parent.entries.get(name) };
	}
}
