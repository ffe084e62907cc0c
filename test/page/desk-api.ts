/** What the page of the device test offers; free of DOM types, because the test's own process imports it too. */
export interface OpenedTrack {
  readonly kind: string;
  readonly label: string;
  readonly deviceId: string;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
}

type NameWish = string | { readonly exact?: string; readonly ideal?: string };
type NumberWish = number | { readonly exact?: number; readonly ideal?: number; readonly max?: number };
/** Constraints of one kind of device, as the test uses them. */
interface DeviceWish {
  readonly deviceId?: NameWish;
  readonly facingMode?: NameWish;
  readonly width?: NumberWish;
  readonly height?: NumberWish;
  readonly frameRate?: NumberWish;
}
export interface DeskWish {
  readonly audio?: boolean | DeviceWish;
  readonly video?: boolean | DeviceWish;
}

export interface DeskApi {
  /**
   * Calls `getUserMedia`, and clones every track that it gets.
   * @returns the tracks, or the name of the error
   */
  open(wish: DeskWish): Promise<readonly OpenedTrack[] | string>;
  share(): Promise<readonly OpenedTrack[] | string>;
  /** Each device as "kind id label". */
  list(): Promise<readonly string[]>;
  permission(name: 'camera' | 'microphone'): Promise<string>;
  /** Events since it was asked last. */
  heard(): readonly string[];
  /** Tracks that have not ended, clones included. */
  live(): number;
}

declare global {
  // Globals of a page can only be declared with var.
  var __desk: DeskApi;
}
