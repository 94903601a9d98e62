!> J2 plasticity with linear isotropic hardening as a user material of Abaqus/Standard, for solids in 3D
!! (ntens = 6) and in plane strain (ntens = 4): radial return with its consistent tangent (Simo and Hughes 1998,
!! Computational Inelasticity, chapter 3).
!!
!! props: Young's modulus, Poisson's ratio, yield stress, hardening modulus
!! statev(1): equivalent plastic strain
subroutine umat(stress, statev, ddsdde, sse, spd, scd, rpl, ddsddt, drplde, drpldt, stran, dstran, time, dtime, &
                temp, dtemp, predef, dpred, cmname, ndi, nshr, ntens, nstatv, props, nprops, coords, drot, pnewdt, &
                celent, dfgrd0, dfgrd1, noel, npt, layer, kspt, jstep, kinc)
  implicit none
  integer :: ndi, nshr, ntens, nstatv, nprops, noel, npt, layer, kspt, jstep(4), kinc
  real(8) :: stress(ntens), statev(nstatv), ddsdde(ntens, ntens), sse, spd, scd, rpl, ddsddt(ntens), drplde(ntens)
  real(8) :: drpldt, stran(ntens), dstran(ntens), time(2), dtime, temp, dtemp, predef(*), dpred(*), props(nprops)
  real(8) :: coords(3), drot(3, 3), pnewdt, celent, dfgrd0(3, 3), dfgrd1(3, 3)
  character(80) :: cmname
  real(8) :: bulk, shear, hardening, yield, pressure, q, dp, rate, theta, normal(ntens), identity(ntens)
  integer :: i, j

  bulk = props(1) / (3 * (1 - 2 * props(2)))
  shear = props(1) / (2 * (1 + props(2)))
  hardening = props(4)
  identity = 0
  identity(1:ndi) = 1

  ! Trial stress; shear components of dstran are engineering strains.
  stress(1:ndi) = stress(1:ndi) + 2 * shear * dstran(1:ndi) + (bulk - 2 * shear / 3) * sum(dstran(1:ndi))
  stress(ndi + 1:) = stress(ndi + 1:) + shear * dstran(ndi + 1:)
  pressure = sum(stress(1:ndi)) / 3
  normal = stress - pressure * identity
  q = sqrt(1.5d0 * (sum(normal(1:ndi)**2) + 2 * sum(normal(ndi + 1:)**2)))

  ! Return along the deviator, of which `normal` becomes the multiple with sqrt(3/2) |normal| = 1.
  yield = props(3) + hardening * statev(1)
  dp = 0
  theta = 0
  rate = 0
  if (q > yield) then
    dp = (q - yield) / (3 * shear + hardening)
    normal = normal / q
    stress = pressure * identity + (q - 3 * shear * dp) * normal
    theta = 3 * shear * dp / q
    rate = 3 * shear / (3 * shear + hardening) - theta
    statev(1) = statev(1) + dp
  end if

  do j = 1, ntens
    do i = 1, ntens
      ddsdde(i, j) = (bulk - 2 * shear / 3 * (1 - theta)) * identity(i) * identity(j) &
                     - 3 * shear * rate * normal(i) * normal(j)
    end do
    ddsdde(j, j) = ddsdde(j, j) + merge(2, 1, j <= ndi) * shear * (1 - theta)
  end do
end subroutine umat
