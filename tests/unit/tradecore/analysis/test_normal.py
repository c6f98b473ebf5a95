import mpmath
import numpy as np
from scipy import special

from tradecore.analysis.normal import erfcx, norm_cdf, norm_pdf


def test_erfcx_matches_fifty_digit_arithmetic_on_both_sides_of_zero() -> None:
    with mpmath.workdps(50):
        points = np.concatenate((np.linspace(-26.0, 26.0, 521), np.array([1e-9, 1e-300, 0.0])))
        expected = [float(mpmath.exp(mpmath.mpf(x) ** 2) * mpmath.erfc(mpmath.mpf(x))) for x in points]
    np.testing.assert_allclose(erfcx(points), expected, rtol=2e-15)


def test_erfcx_follows_scipy_far_into_the_algebraic_tail() -> None:
    points = np.geomspace(20.0, 1e15, 400)
    np.testing.assert_allclose(erfcx(points), special.erfcx(points), rtol=2e-15)


def test_erfcx_overflows_to_infinity_and_passes_nan_through() -> None:
    values = erfcx([-27.0, -1e9, np.nan, np.inf])
    assert np.isposinf(values[:2]).all()
    assert np.isnan(values[2])
    assert values[3] == 0.0


def test_normal_distribution_is_relatively_accurate_in_the_lower_tail() -> None:
    with mpmath.workdps(50):
        points = np.linspace(-37.0, 9.0, 461)
        expected = [float(mpmath.ncdf(mpmath.mpf(x))) for x in points]
    np.testing.assert_allclose(norm_cdf(points), expected, rtol=2e-15)


def test_normal_density_matches_fifty_digit_arithmetic() -> None:
    with mpmath.workdps(50):
        points = np.linspace(-37.0, 37.0, 371)
        expected = [float(mpmath.npdf(mpmath.mpf(x))) for x in points]
    np.testing.assert_allclose(norm_pdf(points), expected, rtol=2e-15)


def test_normal_functions_reach_their_limits_without_warnings() -> None:
    np.testing.assert_array_equal(norm_cdf([-1e300, -np.inf, np.inf, 1e300]), [0.0, 0.0, 1.0, 1.0])
    np.testing.assert_array_equal(norm_pdf([-np.inf, 1e300]), [0.0, 0.0])
    assert np.isnan(norm_cdf(np.nan))
