// As much of the vendored libraries' types as our modules use, so that `tsc` needs no node_modules.
export interface Signal<T = any> { value: T; peek(): T; }
export type ReadonlySignal<T = any> = Readonly<Signal<T>>;
export declare function signal<T>(value: T): Signal<T>;
export declare function computed<T>(make: () => T): ReadonlySignal<T>;
export declare function effect(run: () => unknown): () => void;
export declare function batch<T>(run: () => T): T;
export declare function useEffect(run: () => unknown, inputs?: readonly unknown[]): void;
export declare function useRef<T>(value: T): { current: T };
export declare function useState<T>(value: T): [T, (value: T) => void];
export declare function h(...args: any[]): any;
export declare function render(node: any, parent: Element): void;
declare const htm: { bind(make: (...args: any[]) => any): (strings: TemplateStringsArray, ...values: any[]) => any };
export default htm;
