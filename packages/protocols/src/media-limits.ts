/**
 * What one request may hold of images and documents, vendor by vendor, from their documentation as of 2026. A model's own
 * capabilities (`capabilities.media`) win over it. Sizes are of base64; of a limit on the whole request a part is kept free
 * for the text.
 */
import type { MediaLimits } from '@sx/llm';

const MB = 1_000_000;

/** 32 MB a request; 8,000 pixels a side, 2,000 in requests with more than 20 images. */
export const anthropicMedia: MediaLimits = {
  imageBytesMax: 5 * 1024 * 1024,
  imageSidePixelsMax: 8_000,
  manyImages: { above: 20, sidePixelsMax: 2_000 },
  imagesMax: 100,
  documentBytesMax: 30 * MB,
  documentPagesMax: 600,
  requestBytesMax: 30 * MB,
};

/** Responses and Chat Completions: 50 MB a request. */
export const openaiMedia: MediaLimits = {
  imageBytesMax: 48 * MB,
  imagesMax: 500,
  documentBytesMax: 48 * MB,
  requestBytesMax: 48 * MB,
};
