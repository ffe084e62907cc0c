/** What the bundler makes of files that are no modules: their addresses. */

declare module '*.wasm' {
  const url: string;
  export default url;
}

declare module '*.tflite' {
  const url: string;
  export default url;
}

/** A module bundled apart, to be run as a worker. */
declare module '*?worker' {
  const url: string;
  export default url;
}

/** MediaPipe's loader of its WebAssembly, which the package carries without types. */
declare module '@mediapipe/tasks-vision/vision_wasm_module_internal.js' {
  const load: (module: Record<string, unknown>) => Promise<Record<string, unknown>>;
  export default load;
}
