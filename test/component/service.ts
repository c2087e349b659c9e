import { mkdirSync } from 'node:fs';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { type ImportObject, openComponent } from 'holdfast/component';
import type { ServiceUnderTest } from '../behavior/service.js';
import { openFs } from '../behavior/services.js';

/** WASI 0.2 over a real directory, which is made. */
export function importsOver(root: string): ImportObject {
	mkdirSync(root, { recursive: true });
	return new WASIShim({ sandbox: { preopens: { '/': root } } }).getImportObject() as unknown as ImportObject;
}

/** The component over real files, behind the same operator as the services. */
export const componentService: ServiceUnderTest = {
	name: 'component',
	open: () => openFs((root) => openComponent({ imports: importsOver(root), durability: 'none' })),
	openUri: () => openFs((root) => openComponent({ imports: importsOver(root), durability: 'none' })),
};
