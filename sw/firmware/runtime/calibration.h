/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file calibration.h
 * @brief Calibrates the converters of every tile of a deployment, with the deployed network as reference: the levels of
 * its cells stand in the deployment ROM.
 */
#ifndef RT_CALIBRATION_H
#define RT_CALIBRATION_H

#include "deployment.h"
#include "tsr_calibration.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rt_calibration {
  tsr_adc_area areas[TSR_ADC_MOST_AREAS];
  tsr_adc_work work;
  tsr_adc_sums sums[TSR_ADC_MOST_CONVERTERS];
  uint32_t tiles;       /* calibrated */
  uint32_t converters;  /* measured, of all tiles */
  uint32_t bad;         /* of these */
  uint32_t failed_tile; /* where the status is not TSR_OK */
} rt_calibration;

/**
 * Calibrates tile after tile, by interrupt, and prints a line for each. Nothing else may use the tiles or the first
 * TSR_CALIBRATION_BYTES bytes of the shared SRAM meanwhile.
 * @return TSR_OK; TSR_NO_DEVICE (the ROM does not hold the levels; exact converters are no error: nothing is to be
 * done), TSR_BAD_ARGUMENT (regions or converters beyond TSR_ADC_MOST_*, or malformed regions), or what
 * tsr_tile_calibrate says
 */
tsr_status rt_calibrate(rt_calibration* calibration, const rt_deployment* deployment);

#ifdef __cplusplus
}
#endif
#endif
