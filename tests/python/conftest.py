"""What the tests of the package share."""
import numpy as np
import pytest

import seco


def isotropic(bulk, shear):
    """(6, 6), Mandel."""
    volumetric = np.zeros((6, 6))
    volumetric[:3, :3] = 1. / 3.
    return 3. * bulk * volumetric + 2. * shear * (np.eye(6) - volumetric)


@pytest.fixture(scope="session")
def composite():
    """A particle composite of 8^3 voxels."""
    return seco.generate("inclusions", grid=(8, 8, 8), seed=4, volume_fraction=0.2, number_of_inclusions=3, matrix="3000, 0.35",
                         inclusion="60000, 0.25")


def laminate_stiffness(stiff, soft, share):
    """The exact stiffness of a laminate with layers normal to axis 0: averages of what is continuous across the layers (Milton
    2002, The Theory of Composites, section 9.2)."""
    normal, plane = [0, 4, 5], [1, 2, 3]  # 11 13 12 and 22 33 23

    def mean(of):
        return share * of(stiff) + (1. - share) * of(soft)

    def block(c, a, b):
        return c[np.ix_(a, b)]

    inverse = mean(lambda c: np.linalg.inv(block(c, normal, normal)))
    across = mean(lambda c: np.linalg.inv(block(c, normal, normal)) @ block(c, normal, plane))
    schur = mean(lambda c: block(c, plane, plane)
                 - block(c, plane, normal) @ np.linalg.inv(block(c, normal, normal)) @ block(c, normal, plane))
    result = np.zeros((6, 6))
    nn = np.linalg.inv(inverse)
    result[np.ix_(normal, normal)] = nn
    result[np.ix_(normal, plane)] = nn @ across
    result[np.ix_(plane, normal)] = (nn @ across).T
    result[np.ix_(plane, plane)] = schur + across.T @ nn @ across
    return result
