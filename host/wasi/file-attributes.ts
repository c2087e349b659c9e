import { constants, copyFileSync, fchmodSync, fchownSync, fstatSync } from 'node:fs';
import { ERRNO_PERM } from '../../assembly/layout.js';
import { descriptorPath } from './descriptor-path.js';
import { errnoOf } from './errno.js';

const MODE_BITS = 0o7777;
/** Set-user-id and set-group-id: they are worth something only together with the owner that they were given under. */
const IDENTITY_BITS = 0o6000;
const SAME_ID = -1;

/** What a file has beside its content, and keeps when it is replaced. */
export interface Attributes {
	mode: number;
	uid: number;
	gid: number;
}

/** Gives an open file the mode of another one, and its owner where this process may. Both take platform descriptors and throw. */
export function adoptAttributes(resource: number, model: Readonly<Attributes>): void {
	const own = fstatSync(resource);
	let bits = MODE_BITS;
	const isSame = own.uid === model.uid && own.gid === model.gid;
	if (!isSame) {
		const isOwner = tryOwner(resource, model.uid, model.gid);
		// The group alone is often allowed.
		if (!isOwner) tryOwner(resource, SAME_ID, model.gid);
		if (!isOwner) bits &= ~IDENTITY_BITS;
	}
	// After the owner, because changing that takes set-user-id away again.
	const wanted = model.mode & bits;
	if (!isSame || (own.mode & MODE_BITS) !== wanted) fchmodSync(resource, wanted);
}

/** Makes one open file share the content of another; the target keeps its mode and its owner. */
export function cloneContent(source: number, target: number): void {
	const { mode, uid, gid } = fstatSync(target);
	try {
		copyFileSync(descriptorPath(source), descriptorPath(target), constants.COPYFILE_FICLONE_FORCE);
	} finally {
		// Node gives a copy the mode of its source, and from Node 26 on its owner too, also when the copy fails afterwards.
		const now = fstatSync(target);
		if (now.uid !== uid || now.gid !== gid) fchownSync(target, uid, gid);
		fchmodSync(target, mode & MODE_BITS);
	}
}

/** False when this process may not give the file away. */
function tryOwner(resource: number, uid: number, gid: number): boolean {
	try {
		fchownSync(resource, uid, gid);
		return true;
	} catch (error) {
		if (errnoOf(error) !== ERRNO_PERM) throw error;
		return false;
	}
}
