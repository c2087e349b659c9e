import { MemFS, WASI } from '@wasmer/wasi';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { WasmerFiles } from '#host/wasmer/wasmer-files';

/** An empty file system of @wasmer/wasi, and the descriptor of its root. Its `init` must have ended. */
export function openWasmer(): { files: WasmerFiles; root: number } {
	const wasi = new WASI({ preopens: { '/': '/' }, fs: new MemFS() });
	const table = new DescriptorTable(new ArrayBuffer(DescriptorTable.bytes(1024)), 0, 1);
	const files = new WasmerFiles(wasi, table);
	return { files, root: files.openRoot() };
}
