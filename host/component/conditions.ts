import type { Condition } from '#component/interfaces/holdfast-storage-store';
import { FLAG_APPEND, FLAG_IF_NOT_EXISTS } from '../../assembly/layout.js';
import type { Request } from '../pool/request.js';

/** The conditions of a request as the component takes them. */
export function conditionsOf({ conditions, flags }: Request): Condition[] {
	const list: Condition[] = [];
	const { ifMatch, ifNoneMatch, ifModifiedSinceNs, ifUnmodifiedSinceNs } = conditions ?? {};
	if (ifMatch !== undefined) list.push({ tag: 'if-match', val: ifMatch === '*' ? undefined : ifMatch });
	if (ifNoneMatch !== undefined)
		list.push({ tag: 'if-none-match', val: ifNoneMatch === '*' ? undefined : ifNoneMatch });
	if (ifModifiedSinceNs !== undefined) list.push({ tag: 'if-modified-since', val: ifModifiedSinceNs });
	if (ifUnmodifiedSinceNs !== undefined) list.push({ tag: 'if-unmodified-since', val: ifUnmodifiedSinceNs });
	// The mode says which of both it is, and not that it is both.
	const isNewAppend = (flags & FLAG_APPEND) !== 0 && (flags & FLAG_IF_NOT_EXISTS) !== 0;
	if (isNewAppend) list.push({ tag: 'if-none-match', val: undefined });
	return list;
}
